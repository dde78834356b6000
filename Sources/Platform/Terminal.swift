/// The standard streams, the environment and the arguments of this process.
package enum Terminal {
    /// Whether the stream is a terminal: 1 is standard output, 2 standard error.
    package static func isInteractive(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// The environment's value for a name, or nil when it has none.
    package static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The position of the first argument that is not valid UTF-8, or nil.
    ///
    /// `CommandLine.arguments` repairs such an argument silently, and a repaired name is not the one
    /// that was typed.
    package static func firstArgumentThatIsNotUTF8() -> Int? {
        (0..<Int(CommandLine.argc)).first { index in
            guard let argument = CommandLine.unsafeArgv[index] else { return false }
            return String(validatingCString: argument) == nil
        }
    }
}

/// The standard streams and the environment of this process.
package enum Terminal {
    /// Whether the stream is a terminal: 1 is standard output, 2 standard error.
    package static func isInteractive(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Makes sure that the descriptors of the standard streams belong to nothing else: a file that is
    /// opened while one of them is closed would be taken for the stream. They are opened the wrong way
    /// round, so that using such a stream still fails.
    package static func reserveStandardStreams() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// The environment's value for a name, or nil when it has none.
    package static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Whether the environment's value for a name is UTF-8, or there is none.
    package static func isEnvironmentUTF8(_ name: String) -> Bool {
        getenv(name).map { String(validatingCString: $0) != nil } ?? true
    }
}

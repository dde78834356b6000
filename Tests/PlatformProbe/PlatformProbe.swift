import Platform

/// A process for `PlatformTests` to look at from outside: it dies of a fault, or runs a shell command.
@main
enum PlatformProbe {
    static func main() throws {
        let arguments = Program.arguments()
        switch arguments.first {
        case "fail": try fail(Array(arguments.dropFirst()))
        case "run": try run(Array(arguments.dropFirst()))
        default: exit(64)
        }
    }

    /// `fail FAULT PLACE [PATH TEXT...]`: begins a note at the path for each text, and fails.
    private static func fail(_ arguments: [String]) throws {
        guard arguments.count >= 2, let fault = Fault(rawValue: arguments[0]),
            let place = Place(rawValue: arguments[1])
        else { exit(64) }
        // A core file would be left where the tests run.
        var none = rlimit()
        #if canImport(Glibc)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        #else
            setrlimit(RLIMIT_CORE, &none)
        #endif
        // Should nothing come of it.
        alarm(60)
        try place.run(
            begin: {
                guard arguments.count > 3 else { return }
                let note = CrashNote(path: arguments[2])
                for text in arguments[3...] { try note.begin(text) }
            }, fail: fault.happen)
    }

    /// `run LINE INPUT`: runs a command as `tram relay run --watch` would.
    private static func run(_ arguments: [String]) throws {
        guard arguments.count >= 2 else { exit(64) }
        Signals.watch()
        Signals.ignoreClosedPipes()
        let outcome = try ShellCommand(arguments[0]).run(
            input: Array(arguments[1].utf8), waitingAtMost: 60_000)
        say("\(outcome)\n")
    }

    /// Writes to standard output at once.
    static func say(_ text: String) {
        try? writeAll(Array(text.utf8), to: 1, path: "standard output")
    }
}

internal import ArgumentParser
internal import Platform

/// The process: reads the arguments, runs the command, and turns whatever comes of it into an exit
/// code.
@main
enum Main {
    static func main() {
        Terminal.reserveStandardStreams()
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        do {
            try Arguments.check(arguments)
            var command = try RootCommand.parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch let error as SystemError where error.isInterruption {
            return 128 + (Signals.pending ?? SIGINT)
        } catch let error as SystemError where error.isClosedPipe {
            return 128 + SIGPIPE
        } catch  where RootCommand.exitCode(for: error).isSuccess {
            // Not an error: help, the version, a completion script.
            return say(RootCommand.fullMessage(for: error), arguments)
        } catch {
            return report(CommandError(error, arguments: arguments), arguments)
        }
    }

    private static func say(_ text: String, _ arguments: [String]) -> Int32 {
        do {
            try StandardOutput().writeLine(text).flush()
            return 0
        } catch let error as SystemError where error.isClosedPipe {
            return 128 + SIGPIPE
        } catch {
            return report(CommandError(error, arguments: arguments), arguments)
        }
    }

    private static func report(_ failure: CommandError, _ arguments: [String]) -> Int32 {
        let options = Arguments.presentation(of: arguments)
        let text =
            options.json
            ? failure.json.text + "\n" : failure.text(Style(for: 2, choice: options.color))
        try? writeAll(Array(text.utf8), to: 2, path: "standard error")
        return failure.exitStatus.rawValue
    }
}

extension SystemError {
    fileprivate var isClosedPipe: Bool { code == EPIPE }
}

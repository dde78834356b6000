internal import ArgumentParser
internal import Platform
internal import Presentation

/// The process: reads the arguments, runs the command, and turns whatever comes of it into an exit
/// code.
@main
enum Main {
    static func main() {
        Terminal.reserveStandardStreams()
        Signals.ignoreFileSizeLimit()
        exit(run(Program.arguments()))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        do {
            try Arguments.check(arguments)
            var command = try RootCommand.parseAsRoot(Arguments.withHelpFirst(arguments))
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
            return report(Problem(error, arguments: arguments), arguments)
        }
    }

    private static func say(_ text: String, _ arguments: [String]) -> Int32 {
        do {
            try StandardOutput().writeLine(text).flush()
            return 0
        } catch let error as SystemError where error.isClosedPipe {
            return 128 + SIGPIPE
        } catch {
            return report(Problem(error, arguments: arguments), arguments)
        }
    }

    private static func report(_ problem: Problem, _ arguments: [String]) -> Int32 {
        var problem = problem
        let options = Arguments.presentation(of: arguments)
        problem.help = CommandAddress(dataDirectory: options.dataDirectory).complete(problem.help)
        let text =
            options.json
            ? problem.json.text + "\n" : problem.text(Style(for: 2, choice: options.color))
        try? writeAll(Array(text.utf8), to: 2, path: "standard error")
        return problem.code.exitStatus.rawValue
    }
}

extension Problem {
    /// Puts any error of a command into words, those of the argument parser too.
    init(_ error: any Error, arguments: [String]) {
        guard RootCommand.exitCode(for: error) == .validationFailure, !(error is Problem) else {
            self.init(error)
            return
        }
        self.init(
            code: .usage, message: RootCommand.message(for: error),
            help: "\(Arguments.commandPath(of: arguments)) --help")
    }
}

extension SystemError {
    fileprivate var isClosedPipe: Bool { code == EPIPE }
}

public import ArgumentParser
internal import Platform
public import TramWorkbench

/// The process of a command-line program: reads the arguments, runs the command, and turns whatever comes
/// of it into an exit code.
///
/// ```swift
/// @main
/// enum Main {
///     static func main() { CommandLineProgram<Trips>(RootCommand.self).run() }
/// }
/// ```
public struct CommandLineProgram<App: Application> {
    private let root: any ParsableCommand.Type
    private let arguments: Arguments

    /// - Parameter root: the command with all others as its subcommands.
    public init(_ root: any ParsableCommand.Type) {
        self.root = root
        arguments = Arguments(
            Program.arguments(), root: root, program: App.name,
            dataDirectoryVariable: GlobalOptions<App>.dataDirectoryVariable)
    }

    /// Runs the program and ends the process.
    public func run() -> Never {
        Terminal.reserveStandardStreams()
        Signals.ignoreFileSizeLimit()
        exit(status())
    }

    private func status() -> Int32 {
        do {
            try arguments.check()
            var command = try root.parseAsRoot(arguments.withHelpFirst())
            try command.run()
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch let error as SystemError where error.isInterruption {
            return 128 + (Signals.pending ?? SIGINT)
        } catch let error as SystemError where error.isClosedPipe {
            return 128 + SIGPIPE
        } catch  where root.exitCode(for: error).isSuccess {
            // Not an error: help, the version, a completion script.
            return say(root.fullMessage(for: error))
        } catch {
            return report(problem(error))
        }
    }

    private func say(_ text: String) -> Int32 {
        do {
            try StandardOutput().writeLine(text).flush()
            return 0
        } catch let error as SystemError where error.isClosedPipe {
            return 128 + SIGPIPE
        } catch {
            return report(problem(error))
        }
    }

    private func report(_ problem: Problem) -> Int32 {
        let options = arguments.presentation
        let address = CommandAddress(App.self, dataDirectory: options.dataDirectory)
        let text =
            options.json
            ? problem.json(for: address).text + "\n"
            : problem.text(Style(for: 2, choice: options.color), for: address)
        try? writeAll(Array(text.utf8), to: 2, path: "standard error")
        return problem.code.exitStatus.rawValue
    }

    /// Puts any error of a command into words, those of the argument parser too.
    private func problem(_ error: any Error) -> Problem {
        guard root.exitCode(for: error) == .validationFailure, !(error is Problem) else {
            return Problem(error, of: App.self)
        }
        let command = arguments.commandPath.dropFirst() + ["--help"]
        return Problem(
            code: .usage, message: root.message(for: error),
            help: "\(command: command.joined(separator: " "))")
    }
}

extension CommandAddress {
    /// - Parameter dataDirectory: the value of the option, nil when it was not given.
    init(_ application: any Application.Type, dataDirectory: String?) {
        self.init(
            program: application.name,
            options: dataDirectory.map { " --data-dir " + shellWord($0) } ?? "")
    }
}

extension SystemError {
    fileprivate var isClosedPipe: Bool { code == EPIPE }
}

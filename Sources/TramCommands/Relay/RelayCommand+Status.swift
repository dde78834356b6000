internal import ArgumentParser
internal import Tram
internal import TramWorkbench

extension RelayCommand {
    struct Status: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "status",
                abstract: "Show what waits in each outbox, and the sagas that need help.",
                discussion: """
                    A saga is stuck when nothing is on its way that it waits for, stranded when this \
                    program does not know its definition, its step or its data, and failed when a step \
                    was not undone.

                    Example:
                      \(App.name) relay status
                    """)
        }

        @Flag(help: "Exit with code 2 if messages are pending.")
        var exitCode = false

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let status = try session.open().workbench.relayStatus(session.availability)
            try session.show(RelayStatusDocument<App>(status: status))
            return exitCode && status.pending > 0 ? .bound : .done
        }
    }
}

/// What waits in each outbox, and who needs help.
struct RelayStatusDocument<App: Application>: Document {
    let status: RelayStatus

    var json: JSON { status.json }

    func text(_ style: Style) -> String {
        // What is not there has no column.
        let isParked = status.parked > 0
        let columns: [Table.Column] = isParked ? [.right("PARKED")] : []
        return Table(
            columns: [.left("OUTBOX"), .right("PENDING"), .right("FAILED")] + columns
                + [.left("NEXT")],
            rows: status.outboxes.map { outbox in
                [outbox.service, "\(outbox.pending)", "\(outbox.failed)"]
                    + (isParked ? ["\(outbox.parked)"] : [])
                    + [outbox.next.map { "\($0.id) \(escaped($0.type))" } ?? "-"]
            }
        ).text + status.helpless.prefix(100).map(line).joined()
            + (status.helpless.count > 100
                ? "And \(status.helpless.count - 100) more: \(App.name) saga list\n" : "")
            + status.deadlines.map { "Waiting for a deadline: \(escaped($0))\n" }.joined()
    }

    private func line(_ saga: HelplessSaga) -> String {
        let name = escaped(saga.name.phrase)
        let show = "\(App.name) saga show \(escaped(saga.name.argument))"
        return switch saga.need {
        case .stranded(let reason): "Stranded: \(name): \(escaped(reason))\n"
        case .stuck:
            "Stuck: \(name): nothing is on its way; see \(show)\n"
        case .failed(let step):
            "Failed: \(name): "
                + (step.map { "the step '\(escaped($0))' was not undone" } ?? "it was not undone")
                + "; see \(show)\n"
        }
    }
}

public import ArgumentParser
internal import Tram
public import TramWorkbench

/// `outbox`: looks at what services have sent, and frees what nobody needs any more.
public struct OutboxCommand<App: Application>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "outbox", abstract: "Look at the messages that the services have sent.",
            discussion: """
                Example:
                  \(App.name) outbox list --pending
                """,
            subcommands: [List.self, Show.self, Purge.self])
    }

    public init() {}

    struct List: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "list", abstract: "List the messages of all outboxes.",
                discussion: """
                    Example:
                      \(App.name) outbox list --pending
                    """)
        }

        @Flag(help: "Only messages that not every subscriber has handled.")
        var pending = false

        @Flag(help: "Also tell when each was sent.")
        var times = false

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            var messages: [ShownMessage] = []
            try session.open().workbench.forEachMessage(
                pendingOnly: pending, session.availability
            ) {
                messages.append(ShownMessage(status: $0, hasTimes: times))
            }
            let time: [Table.Column] = times ? [.left("SENT")] : []
            try session.show(
                ListDocument(
                    elements: messages,
                    columns: [.left("MESSAGE"), .left("STATE"), .left("CHANNEL"), .left("ID")]
                        + time
                        + [.left("TYPE")],
                    empty: pending ? "No pending messages." : "No messages.",
                    id: { $0.status.entry.message.id.description }
                ) { shown in
                    let message = shown.status.entry.message
                    let cells = [
                        message.id.description, shown.status.state.description,
                        escaped(message.destination), escaped(message.partitionID),
                    ]
                    return cells + (times ? [shown.status.entry.created.rfc3339] : [])
                        + [escaped(message.type) + shown.mark]
                })
            return .done
        }
    }

    struct Show: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show",
                abstract: "Show a message: headers, payload, and how far it has come.",
                discussion: """
                    Example:
                      \(App.name) outbox show \(App.exampleMessage)
                    """)
        }

        @Argument(help: "The message's id, for example \(App.exampleMessage).") var messageID:
            String

        @Flag(help: "Also tell when it was sent.")
        var times = false

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let id = try Input.messageID(messageID)
            guard let status = try session.open().workbench.message(id, session.availability)
            else {
                throw Problem(
                    code: .messageNotFound, message: "message \(messageID) does not exist",
                    reason: "It was never sent, or it has been purged.",
                    help: "see all messages: \(command: "outbox list")", field: "message-id",
                    value: messageID)
            }
            try session.show(ShownMessage(status: status, hasTimes: times))
            return .done
        }
    }

    struct Purge: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "purge",
                abstract: "Delete the messages that every subscriber has handled.",
                discussion: """
                    A message stays while a subscriber's inbox does not know it, while it is parked, and \
                    while it waits for a lock; the output says who holds it. What was published without a \
                    subscriber that the program no longer has stays until '\(App.name) subscriber remove' forgets \
                    that one. \(App.viewsLostByPurge)'\(App.name) store purge' frees more.

                    Example:
                      \(App.name) outbox purge
                    """)
        }

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let report = try session.purge(PurgeBounds(isOfOutboxesOnly: true))
            try session.show(PurgedOutboxes(report: report))
            session.hintAboutRemoving(after: report)
            session.hintAboutRebuilding(after: report)
            return .done
        }
    }
}

private struct PurgedOutboxes: Document {
    let report: PurgeReport

    func text(_ style: Style) -> String {
        if let nothing = report.textOfNothingFreed { return nothing }
        let counts = report.freed.map { "\($0.service) \($0.messages)" }.joined(separator: ", ")
        return "Purged \(counted(report.total, "message")): \(counts).\n" + report.textOfHolds
    }

    var json: JSON {
        [
            "messages": .integer(report.total),
            "outboxes": .object(
                report.freed.map { JSON.Member($0.service, .integer($0.messages)) }),
            "kept": .array(report.holds.map(\.json)),
        ]
    }
}

private struct ShownMessage: Document {
    let status: MessageStatus
    /// Whether to tell times, which are never the same twice.
    let hasTimes: Bool

    private var message: Message { status.entry.message }

    /// Says who gets another payload than was sent.
    var mark: String {
        status.edited.isEmpty ? "" : " (edited for \(status.edited.joined(separator: ", ")))"
    }

    private var headers: [(key: String, value: String)] {
        message.headers.filter { hasTimes || $0.key != MessageHeader.date }
            .sorted { $0.key < $1.key }
    }

    func text(_ style: Style) -> String {
        var lines = [
            "Message \(message.id): \(escaped(message.type))",
            "  state         \(status.state)",
            "  channel       \(escaped(message.destination))",
            "  partition id  \(escaped(message.partitionID))",
        ]
        if hasTimes { lines.append("  sent          \(status.entry.created.rfc3339)") }
        lines += headers.map { "  header        \(escaped($0.key)): \(escaped($0.value))" }
        lines.append("  payload       \(escaped(message.payload))")
        lines += status.deliveries.map { delivery in
            let behind = delivery.state.behind.map { " behind \($0)" } ?? ""
            let error = delivery.error.map { ": \(escaped($0))" } ?? ""
            return "  subscriber    \(delivery.name) \(delivery.state)\(behind)\(error)"
        }
        lines += status.deliveries.compactMap { delivery in
            delivery.edited.map { "  edited for    \(delivery.name): \(escaped($0))" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var json: JSON {
        [
            "message": .string(message.id.description),
            "type": .string(message.type),
            "state": .string(status.state.description),
            "channel": .string(message.destination),
            "partitionId": .string(message.partitionID),
            "sent": hasTimes ? .string(status.entry.created.rfc3339) : .null,
            "headers": .object(headers.map { JSON.Member($0.key, .string($0.value)) }),
            "payload": .text(message.payload),
            "deliveries": .array(
                status.deliveries.map {
                    [
                        "subscriber": .optional($0.subscriber),
                        "state": .string($0.state.description),
                        "error": .optional($0.error),
                        "edited": .bool($0.edited != nil),
                        "editedPayload": $0.edited.map(JSON.text) ?? .null,
                    ]
                }),
            "causationId": .optional(message.causationID?.description),
            "correlationId": .string(message.correlationID),
        ]
    }
}

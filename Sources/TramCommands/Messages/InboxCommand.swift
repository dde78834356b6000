public import ArgumentParser
internal import Tram
internal import TramSQLite
public import TramWorkbench

/// `inbox`: looks at what subscribers have handled.
public struct InboxCommand<App: Application>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "inbox", abstract: "Look at the messages that subscribers have handled.",
            discussion: """
                Example:
                  \(App.name) inbox list
                """,
            subcommands: [List.self])
    }

    public init() {}

    struct List: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "list", abstract: "List what every subscriber has handled.",
                discussion: """
                    Messages that '\(App.name) store purge' has freed are not listed, though a repeat of them is \
                    still recognized; the last message of each source stays. '--json' also tells what \
                    each handler said.

                    Example:
                      \(App.name) inbox list
                    """)
        }

        @Flag(help: "Also tell when each was handled.")
        var times = false

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let system = try session.open()
            var entries: [ShownInboxEntry] = []
            let edits = try system.workbench.editedDeliveries(session.availability)
            for store in system.stores.all {
                let own = try session.availability.attempt(store) { _ in try all(in: store) }
                entries += (own ?? []).map { entry in
                    ShownInboxEntry(
                        entry: entry, hasTimes: times,
                        isEdited: MessageID(entry.message).map {
                            edits[entry.subscriber]?.contains($0) ?? false
                        } ?? false)
                }.sorted { $0.order < $1.order }
            }
            let time: [Table.Column] = times ? [.left("HANDLED")] : []
            try session.show(
                ListDocument(
                    elements: entries,
                    columns: [.left("SUBSCRIBER")] + time + [.left("MESSAGE")],
                    empty: "No messages handled.", id: { escaped($0.entry.message) }
                ) {
                    [escaped($0.entry.subscriber)] + (times ? [$0.entry.received.rfc3339] : [])
                        + [escaped($0.entry.message) + ($0.isEdited ? " (edited)" : "")]
                })
            return .done
        }

        private func all(in store: SQLiteStore) throws -> [InboxEntry] {
            var entries: [InboxEntry] = []
            while true {
                let page = try store.read {
                    try Inbox($0).entries(after: entries.last, limit: pageSize)
                }
                if page.isEmpty { return entries }
                entries += page
            }
        }
    }
}

private struct ShownInboxEntry: Document {
    let entry: InboxEntry
    let hasTimes: Bool
    /// Whether the subscriber got another payload than was sent.
    let isEdited: Bool

    /// By subscriber, source and number; an id that is none comes first.
    var order: (String, String, Int) {
        let id = MessageID(entry.message)
        return (entry.subscriber, id?.service ?? "", id?.number ?? 0)
    }

    func text(_ style: Style) -> String {
        "\(entry.subscriber) \(escaped(entry.message))\n"
    }

    var json: JSON {
        [
            "subscriber": .string(entry.subscriber),
            "message": .string(entry.message),
            "handled": hasTimes ? .string(entry.received.rfc3339) : .null,
            "edited": .bool(isEdited),
            "outcome": .optional(entry.outcome?.rawValue),
            "effects": .strings(entry.effects),
        ]
    }
}

internal import ArgumentParser
internal import Tram
internal import TramWorkbench

extension RelayCommand {
    struct Redeliver: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "redeliver",
                abstract: "Bring a subscriber up to date after its store was put back.",
                discussion: """
                    Messages that were published, and that the subscriber has not handled, are pending \
                    again for it; the next relay delivers them to nobody else. What has been purged is \
                    not brought back.

                    Example:
                      \(App.name) relay redeliver --to \(App.subscriberIDs.last ?? "ID")
                    """)
        }

        @Option(
            help: ArgumentHelp("The subscriber: \(App.subscriberSentence).", valueName: "id"))
        var to: String

        @Option(
            help: ArgumentHelp(
                "Only the messages of this one's service, from this one on.",
                valueName: "message-id"))
        var from: String?

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let first = try from.map { try Input.messageID($0) }
            let messages = try session.open().workbench.redeliver(to: to, from: first)
            try session.show(RedeliveredMessages(subscriber: to, messages: messages))
            session.hint("'\(command: "relay run")' delivers them")
            return .done
        }
    }
}

private struct RedeliveredMessages: Document {
    let subscriber: String
    let messages: [(source: String, messages: Int)]

    private var total: Int { messages.reduce(0) { $0 + $1.messages } }

    func text(_ style: Style) -> String {
        let counts = messages.map { "\($0.source) \($0.messages)" }.joined(separator: ", ")
        return "\(counted(total, "message")) pending again for \(subscriber): \(counts).\n"
    }

    var json: JSON {
        [
            "subscriber": .string(subscriber), "messages": .integer(total),
            "outboxes": .object(messages.map { JSON.Member($0.source, .integer($0.messages)) }),
        ]
    }
}

extension Application {
    /// The ids of the subscribers. They are known without stores.
    fileprivate static var subscriberIDs: [String] {
        let nowhere = DataDirectory(path: ".", lockTimeout: 0)
        return ((try? Self(in: nowhere))?.relay.services ?? []).flatMap(\.subscribers).map(\.id)
    }

    /// The same in a sentence: `customer, order or history`.
    fileprivate static var subscriberSentence: String {
        let ids = subscriberIDs
        guard let last = ids.last, ids.count > 1 else { return ids.joined() }
        return ids.dropLast().joined(separator: ", ") + " or " + last
    }
}

public import ArgumentParser
internal import Platform
internal import Tram
public import TramWorkbench

/// `subscriber`: looks at who receives messages, and forgets former subscribers.
public struct SubscriberCommand<App: Application>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "subscriber",
            abstract: "Look at the subscribers, and remove those that the program no longer has.",
            discussion: """
                A subscriber is a part of a service that handles messages; its id names it in the inbox. \
                Stores also remember the subscribers of earlier programs.

                Example:
                  \(App.name) subscriber list
                """,
            subcommands: [List.self, Remove.self])
    }

    public init() {}

    struct List: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "list",
                abstract: "List the subscribers that the program or a store knows.",
                discussion: """
                    BEGINS says which messages a subscriber gets: all from the beginning, or only those \
                    after the named ones; '-' until a relay has run with it. A subscriber that is \
                    unknown to the program gets none.

                    Example:
                      \(App.name) subscriber list
                    """)
        }

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let subscribers = try session.open().relay.subscriptions(session.availability)
            try session.show(
                ListDocument(
                    elements: subscribers.map(ShownSubscriber.init),
                    columns: [
                        .left("SUBSCRIBER"), .left("SERVICE"), .right("HANDLED"), .right("PARKED"),
                        .left("PROGRAM"), .left("BEGINS"),
                    ], empty: "No subscribers.", repeatsIDs: false, id: { escaped($0.status.id) }
                ) { $0.cells })
            if let unknown = subscribers.first(where: { !$0.isKnown }) {
                session.hint(
                    "'\(command: "subscriber remove \(shellWord(unknown.id))")' forgets it")
            }
            return .done
        }
    }

    struct Remove: SessionCommand {
        public var changesStores: Bool { true }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "remove",
                abstract: "Forget a subscriber that the program no longer has.",
                discussion: """
                    Forgets what it has handled, its dead letters, and the commands that it has stashed \
                    until a lock is free: messages that waited behind those are delivered next, and sagas \
                    that wait for such a command are stuck. What was published without it is no longer \
                    kept from a purge. A subscriber that comes back under this id \
                    counts as new. Asks first at a terminal; elsewhere it needs --yes.

                    Example:
                      \(App.name) subscriber remove audit --yes
                    """)
        }

        @Argument(help: "The subscriber's id.") var id: String
        @Flag(help: "Do not ask.") var yes = false
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let system = try session.open()
            if !yes {
                let found = try system.relay.checkRemovable(id, session.availability)
                let stashed = found.reduce(0) { $0 + $1.stashed }
                let also =
                    stashed == 0
                    ? "" : ", and drop \(counted(stashed, "command")) that it has stashed"
                try session.confirm(
                    "Forget all that '\(id)' has handled\(also)?", deed: "this forgets a subscriber"
                )
            }
            let removal = try system.stores.withRelayLock {
                try system.relay.remove(subscriber: id, session.availability)
            }
            try session.show(RemovedSubscriber(removal: removal))
            if removal.stashed > 0 {
                session.hint(
                    "the sagas of stashed commands are stuck now: '\(command: "saga list")'")
            }
            return .done
        }
    }
}

private struct ShownSubscriber: Document {
    let status: SubscriberStatus

    var cells: [String] {
        [
            escaped(status.id), status.service ?? "-", "\(status.handled)", "\(status.parked)",
            program, begins,
        ]
    }

    private var program: String {
        if let present = status.presentID { return "now \(escaped(present))" }
        return status.isKnown ? "known" : "unknown"
    }

    private var begins: String {
        if status.subscriptions.isEmpty { return "-" }
        let later = status.subscriptions.filter { $0.after > 0 }
        if later.isEmpty { return SubscriptionStart.beginning.rawValue }
        let last = later.map { "\(MessageID(service: $0.source, number: $0.after))" }
        return "after " + last.joined(separator: ", ")
    }

    func text(_ style: Style) -> String { "\(escaped(status.id))\n" }

    var json: JSON {
        [
            "subscriber": .string(status.id), "service": .optional(status.service),
            "begins": .array(
                status.subscriptions.map { subscription in
                    let last = MessageID(service: subscription.source, number: subscription.after)
                    return [
                        "source": .string(subscription.source),
                        "begins": .string(subscription.begins.rawValue),
                        "after": subscription.after == 0 ? .null : .string(last.description),
                    ]
                }),
            "handled": .integer(status.handled), "parked": .integer(status.parked),
            "known": .bool(status.isKnown), "presentId": .optional(status.presentID),
        ]
    }
}

private struct RemovedSubscriber: Document {
    let removal: SubscriberRemoval

    func text(_ style: Style) -> String {
        "Removed the subscriber \(escaped(removal.id)): \(counted(removal.handled, "message")) "
            + "handled, \(removal.parked) parked"
            + (removal.stashed == 0 ? "" : ", \(removal.stashed) stashed") + ".\n"
    }

    var json: JSON {
        [
            "subscriber": .string(removal.id), "handled": .integer(removal.handled),
            "parked": .integer(removal.parked), "stashed": .integer(removal.stashed),
        ]
    }
}

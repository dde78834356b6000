public import ArgumentParser
internal import Platform
internal import Tram
public import TramWorkbench

/// `deadletter`: looks at deliveries that are parked, and decides about them.
public struct DeadLetterCommand<App: Application>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "deadletter",
            abstract: "Decide about messages that could not be delivered.",
            discussion: """
                A delivery that has failed too often is parked: no relay tries it again, and later \
                messages of the same aggregate wait behind it. See why, mend the cause, and retry it; \
                or give it another payload; or discard it.

                Example:
                  \(App.name) deadletter list
                """,
            subcommands: [List.self, Show.self, Retry.self, Edit.self, Discard.self])
    }

    public init() {}

    /// What a list may be grouped by.
    enum Grouping: String, ExpressibleByArgument, CaseIterable {
        case error
    }

    struct List: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "list", abstract: "List what is parked, and what waits behind it.",
                discussion: """
                    Example:
                      \(App.name) deadletter list --by error
                    """)
        }

        @Option(help: ArgumentHelp("Only what this subscriber has parked.", valueName: "id"))
        var subscriber: String?

        @Option(help: ArgumentHelp("Group by what went wrong: error.", valueName: "what"))
        var by: Grouping?

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let letters = try session.open().workbench.deadLetters(
                DeadLetterSelection(subscriber: subscriber), session.availability)
            if by == .error {
                try session.show(grouped(letters))
            } else {
                try session.show(listed(letters))
            }
            if !letters.isEmpty {
                session.hint("'\(command: "deadletter show \(letters[0].message.id)")' tells more")
            }
            return .done
        }

        private func listed(_ letters: [DeadLetter]) -> some Document {
            ListDocument(
                elements: letters.map(ShownDeadLetter.init),
                columns: [
                    .left("MESSAGE"), .left("SUBSCRIBER"), .right("ATTEMPTS"), .right("HOLDS"),
                    .left("TYPE"), .left("ERROR"),
                ], empty: "No dead letters.", id: { "\($0.letter.message.id)" }
            ) { shown in
                let letter = shown.letter
                return [
                    letter.message.id.description, letter.subscriber ?? "-", "\(letter.attempts)",
                    shown.holds, escaped(letter.message.type) + shown.mark,
                    escaped(letter.error),
                ]
            }
        }

        private func grouped(_ letters: [DeadLetter]) -> some Document {
            let groups = Dictionary(grouping: letters, by: \.error).map {
                DeadLetterGroup(error: $0.key, letters: $0.value)
            }.sorted { ($1.letters.count, $0.error) < ($0.letters.count, $1.error) }
            return ListDocument(
                elements: groups,
                columns: [.right("LETTERS"), .left("FIRST"), .left("ERROR")],
                empty: "No dead letters.",
                id: { $0.letters.map(\.message.id.description).joined(separator: "\n") }
            ) {
                ["\($0.letters.count)", "\($0.letters[0].message.id)", escaped($0.error)]
            }
        }
    }

    struct Show: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show",
                abstract: "Show a parked message: headers, payload, and what went wrong.",
                discussion: """
                    Example:
                      \(App.name) deadletter show \(App.exampleMessage)
                    """)
        }

        @Argument(help: "The message's id, for example \(App.exampleMessage).") var messageID:
            String

        @Option(help: ArgumentHelp("Only at this subscriber.", valueName: "id"))
        var subscriber: String?

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let id = try Input.messageID(messageID)
            let letters = try session.open().workbench.deadLetters(
                DeadLetterSelection(message: id, subscriber: subscriber), session.availability)
            guard !letters.isEmpty else {
                if !session.availability.includes(id.service) { return .done }
                throw DeadLetterError.notParked(id, subscriber: subscriber)
            }
            try session.show(ShownDeadLetters(letters: letters))
            session.hint(
                "'\(command: "deadletter retry \(id)")' when the cause is mended; see also edit, discard"
            )
            return .done
        }
    }

    /// Which dead letters a decision is about.
    struct Choice: ParsableArguments {
        @Argument(help: "The message's id, for example \(App.exampleMessage).") var messageID:
            String?

        @Option(help: ArgumentHelp("Only at this subscriber.", valueName: "id"))
        var subscriber: String?

        @Flag(help: "All dead letters, or all of the subscriber.")
        var all = false

        func selection(_ command: String) throws -> DeadLetterSelection {
            guard (messageID == nil) == all else {
                throw Problem(
                    code: .usage,
                    message: all
                        ? "a message id and --all cannot be combined"
                        : "no dead letter is named",
                    reason: "Nothing was changed.",
                    help: "\(command: "deadletter \(command) --help")")
            }
            return DeadLetterSelection(
                message: try messageID.map { try Input.messageID($0) }, subscriber: subscriber)
        }
    }

    struct Retry: SessionCommand {
        public var changesStores: Bool { true }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "retry",
                abstract: "Let the next relay try parked deliveries again, in their order.",
                discussion: """
                    Example:
                      \(App.name) deadletter retry \(App.exampleMessage)
                    """)
        }

        @OptionGroup var choice: Choice
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let letters = try session.open().workbench.decide(
                .retry, choice.selection("retry"), session.availability)
            try session.show(DecidedDeadLetters(decision: .retried, letters: letters))
            session.hint("'\(command: "relay run")' delivers them")
            return .done
        }
    }

    struct Discard: SessionCommand {
        public var changesStores: Bool { true }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "discard",
                abstract: "Give up parked deliveries; what waits behind them goes on.",
                discussion: """
                    The subscriber will never hear of the message. What follows from that is told by \
                    '\(App.name) store check'. Asks first at a terminal; elsewhere it needs --yes.

                    Example:
                      \(App.name) deadletter discard \(App.exampleMessage) --yes
                    """)
        }

        @OptionGroup var choice: Choice
        @Flag(help: "Do not ask.") var yes = false
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let selection = try choice.selection("discard")
            let system = try session.open()
            if !yes {
                let letters = try system.workbench.deadLetters(selection, session.availability)
                if letters.isEmpty, let id = selection.message {
                    throw DeadLetterError.notParked(id, subscriber: selection.subscriber)
                }
                let what = counted(letters.count, "delivery", plural: "deliveries")
                try session.confirm("Give up \(what) for good?", deed: "this gives up a delivery")
            }
            let letters = try system.workbench.decide(.discard, selection, session.availability)
            try session.show(DecidedDeadLetters(decision: .discarded, letters: letters))
            session.hint("'\(command: "relay run")' delivers what has waited behind")
            return .done
        }
    }

    struct Edit: SessionCommand {
        public var changesStores: Bool { true }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "edit",
                abstract: "Give one parked delivery another payload, and let it be tried again.",
                discussion: """
                    The payload comes from standard input, or at a terminal from the editor that VISUAL \
                    or EDITOR names. The message stays as it was sent, also for its other subscribers.

                    Example:
                      \(App.name) deadletter edit \(App.exampleMessage) --subscriber \(App.exampleReceiver) < payload.json
                    """)
        }

        @Argument(help: "The message's id, for example \(App.exampleMessage).") var messageID:
            String

        @Option(help: ArgumentHelp("The delivery to this subscriber.", valueName: "id"))
        var subscriber: String?

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let id = try Input.messageID(messageID)
            let selection = DeadLetterSelection(message: id, subscriber: subscriber)
            let system = try session.open()
            let letters = try system.workbench.deadLetters(selection)
            guard let letter = letters.first else {
                throw DeadLetterError.notParked(id, subscriber: subscriber)
            }
            if letters.count > 1 {
                throw DeadLetterError.ambiguous(
                    id, subscribers: letters.map { $0.subscriber ?? "-" })
            }
            let present = letter.edited ?? letter.message.payload
            let bytes: [UInt8]
            if Terminal.isInteractive(0) {
                bytes = try edit(present)
            } else {
                bytes = try readInput()
            }
            guard bytes.count <= Self.maximumSize else {
                throw Problem(
                    code: .json, message: "the payload has more than \(Self.maximumSize) bytes",
                    reason: "Nothing was changed.", help: "give a smaller one", field: "payload")
            }
            let payload = try Input.payload(bytes)
            if Terminal.isInteractive(0), payload == present {
                try session.show(DecidedDeadLetters(decision: .edited, letters: []))
                return .done
            }
            let edited = try system.relay.edit(id, for: letter.subscriber ?? "", payload: payload)
            try session.show(DecidedDeadLetters(decision: .edited, letters: [edited]))
            session.hint("'\(command: "relay run")' delivers it")
            return .done
        }

        private func readInput() throws -> [UInt8] {
            do {
                return try readAll(from: 0, path: "standard input", atMost: Self.maximumSize + 1)
            } catch {
                throw Problem(
                    code: .inputOutput, message: "the payload cannot be read: \(error.reason)",
                    reason: "Nothing was changed.",
                    help: "give it on standard input, or edit it at a terminal")
            }
        }

        private func edit(_ payload: String) throws -> [UInt8] {
            do {
                return try Editor.edit(payload)
            } catch {
                throw Problem(
                    code: .editor, message: "the editor failed: \(error.reason)",
                    reason: "Nothing was changed.",
                    help: "name one with EDITOR, or give the payload on standard input")
            }
        }

        /// How many bytes a payload may have.
        private static var maximumSize: Int { 1 << 20 }
    }
}

extension Application {
    /// A subscriber of `exampleMessage`, for the example of a help: many are named like their service.
    fileprivate static var exampleReceiver: String {
        let sender = exampleMessage.prefix { $0 != ":" }
        return definitions.map(\.name).first { $0 != sender } ?? String(sender)
    }
}

public import Tram

/// What one service promises others about a message that it sends.
public struct MessageContract: Sendable {
    let kind: Kind
    let type: String
    let channel: String
    /// The services that send it.
    let senders: [String]
    let summary: String
    let payload: any (Decodable & Sendable).Type

    enum Kind: Hashable {
        case event
        case command
        /// A command that wants no reply.
        case notification
        /// It may tell of a lock.
        case reply(locks: Bool)

        /// How it is tagged.
        var word: String {
            switch self {
            case .event: "event"
            case .command: "command"
            case .notification: "notification"
            case .reply: "reply"
            }
        }
    }

    /// A unique name: a reply may be of the type of an event.
    var key: String { if case .reply = kind { type + ".reply" } else { type } }

    /// An event.
    ///
    /// - Parameters:
    ///   - sender: the name of the service that publishes it.
    ///   - summary: what it says, in one sentence.
    public static func event<Event: DomainEvent>(
        _ type: Event.Type, from sender: String, _ summary: String
    ) -> MessageContract {
        MessageContract(
            kind: .event, type: type.eventType, channel: type.channel.name, senders: [sender],
            summary: summary, payload: type)
    }

    /// A command, to which a reply is awaited.
    ///
    /// - Parameters:
    ///   - channel: where it is sent.
    ///   - sender: the name of the service that sends it.
    ///   - summary: what it asks for, in one sentence.
    public static func command<Asked: Command>(
        _ type: Asked.Type, on channel: CommandChannel, from sender: String, _ summary: String
    ) -> MessageContract {
        MessageContract(
            kind: .command, type: type.commandType, channel: channel.name, senders: [sender],
            summary: summary, payload: type)
    }

    /// A command to which no reply is awaited: see `Step.notifyParticipant(_:when:_:)`.
    ///
    /// - Parameters: as for a command.
    public static func notification<Told: Command>(
        _ type: Told.Type, on channel: CommandChannel, from sender: String, _ summary: String
    ) -> MessageContract {
        MessageContract(
            kind: .notification, type: type.commandType, channel: channel.name, senders: [sender],
            summary: summary, payload: type)
    }

    /// A reply to the commands of a saga.
    ///
    /// - Parameters:
    ///   - channel: where sagas of that type receive replies: `Saga.replyChannel`.
    ///   - sender: the name of the service that sends it.
    ///   - summary: what it says, in one sentence.
    public static func reply<Told: Reply>(
        _ type: Told.Type, on channel: String, from sender: String, _ summary: String
    ) -> MessageContract {
        reply(type, on: channel, from: [sender], summary)
    }

    /// A reply that several services give, or that may tell of a lock.
    ///
    /// - Parameters:
    ///   - channel: where sagas of that type receive replies: `Saga.replyChannel`.
    ///   - senders: the names of the services that send it.
    ///   - locks: whether it may tell that something is locked for the saga.
    ///   - summary: what it says, in one sentence.
    public static func reply<Told: Reply>(
        _ type: Told.Type, on channel: String, from senders: [String], locks: Bool = false,
        _ summary: String
    ) -> MessageContract {
        MessageContract(
            kind: .reply(locks: locks), type: type.replyType, channel: channel, senders: senders,
            summary: summary, payload: type)
    }
}

extension MessageContract.Kind {
    /// The headers of such a message: all are strings.
    ///
    /// - Parameter undoing: whether sagas have participants undo what they have done: then commands may
    ///   tell that they do, and that one before them may have been handled.
    func headers(ofSagasThatUndo undoing: Bool = false) -> JSON {
        let common = [
            MessageHeader.id, MessageHeader.partitionID, MessageHeader.destination,
            MessageHeader.date, MessageHeader.correlationID,
        ]
        let own: [String]
        var optional = Self.optional
        switch self {
        case .event:
            own = [
                MessageHeader.eventType, MessageHeader.eventAggregateType,
                MessageHeader.eventAggregateID,
            ]
        case .command:
            own = Self.commandHeaders
            if undoing { optional += Self.undoingHeaders }
        case .notification:
            if undoing { optional += Self.undoingHeaders }
            own = Self.commandHeaders.filter { $0 != MessageHeader.commandReplyTo }
        case .reply(let locks):
            if undoing { optional += Self.undoingHeaders.map(MessageHeader.echo) }
            if locks { optional.append(MessageHeader.sagaLockedTarget) }
            own =
                [
                    MessageHeader.replyType, MessageHeader.replyOutcome,
                    MessageHeader.replyToMessageID,
                ] + Self.commandHeaders.map(MessageHeader.echo)
        }
        return JSONSchema.object(
            .object((common + own + optional).map { JSON.Member($0, JSONSchema.text) }),
            optional: Set(optional))
    }

    /// What only nobody's own message has, and what is there when a client traces.
    private static let optional = [
        MessageHeader.causationID, MessageHeader.traceParent, MessageHeader.traceState,
    ]

    private static let undoingHeaders = [
        MessageHeader.commandSagaCompensating, MessageHeader.commandSagaRepeated,
    ]

    private static let commandHeaders = [
        MessageHeader.commandType, MessageHeader.commandDestination,
        MessageHeader.commandReplyTo, MessageHeader.commandSagaType, MessageHeader.commandSagaID,
        MessageHeader.commandSagaStep,
    ]
}

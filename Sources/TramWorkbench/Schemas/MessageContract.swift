public import Tram

/// What one service promises others about a message that it sends.
public struct MessageContract: Sendable {
    let kind: Kind
    let type: String
    let channel: String
    /// The service that sends it.
    let sender: String
    let summary: String
    let payload: any (Decodable & Sendable).Type

    enum Kind: String {
        case event, command, reply
    }

    /// A unique name: a reply may be of the type of an event.
    var key: String { kind == .reply ? type + ".reply" : type }

    /// An event.
    ///
    /// - Parameters:
    ///   - sender: the name of the service that publishes it.
    ///   - summary: what it says, in one sentence.
    public static func event<Event: DomainEvent>(
        _ type: Event.Type, from sender: String, _ summary: String
    ) -> MessageContract {
        MessageContract(
            kind: .event, type: type.eventType, channel: type.channel.name, sender: sender,
            summary: summary, payload: type)
    }

    /// A command.
    ///
    /// - Parameters:
    ///   - channel: where it is sent.
    ///   - sender: the name of the service that sends it.
    ///   - summary: what it asks for, in one sentence.
    public static func command<Asked: Command>(
        _ type: Asked.Type, on channel: CommandChannel, from sender: String, _ summary: String
    ) -> MessageContract {
        MessageContract(
            kind: .command, type: type.commandType, channel: channel.name, sender: sender,
            summary: summary, payload: type)
    }

    /// A reply to the command of a saga.
    ///
    /// - Parameters:
    ///   - channel: where sagas of that type receive replies: `SagaManager.replyChannel`.
    ///   - sender: the name of the service that sends it.
    ///   - summary: what it says, in one sentence.
    public static func reply<Told: Reply>(
        _ type: Told.Type, on channel: String, from sender: String, _ summary: String
    ) -> MessageContract {
        MessageContract(
            kind: .reply, type: type.replyType, channel: channel, sender: sender, summary: summary,
            payload: type)
    }
}

extension MessageContract.Kind {
    /// The headers of such a message: all are strings.
    var headers: JSON {
        let common = [
            MessageHeader.id, MessageHeader.partitionID, MessageHeader.destination,
            MessageHeader.date, MessageHeader.correlationID,
        ]
        let own: [String]
        switch self {
        case .event:
            own = [
                MessageHeader.eventType, MessageHeader.eventAggregateType,
                MessageHeader.eventAggregateID,
            ]
        case .command: own = Self.commandHeaders
        case .reply:
            own =
                [
                    MessageHeader.replyType, MessageHeader.replyOutcome,
                    MessageHeader.replyToMessageID,
                ] + Self.commandHeaders.map(MessageHeader.echo)
        }
        return JSONSchema.object(
            .object((common + own + Self.optional).map { JSON.Member($0, JSONSchema.text) }),
            optional: Set(Self.optional))
    }

    /// What only nobody's own message has, and what is there when a client traces.
    private static let optional = [
        MessageHeader.causationID, MessageHeader.traceParent, MessageHeader.traceState,
    ]

    private static let commandHeaders = [
        MessageHeader.commandType, MessageHeader.commandDestination,
        MessageHeader.commandReplyTo, MessageHeader.commandSagaType, MessageHeader.commandSagaID,
        MessageHeader.commandSagaStep,
    ]
}

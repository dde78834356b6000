/// Something that one service asks another to do. The stored properties of the conforming type are
/// the command's JSON.
public protocol Command: Codable, Sendable {
    /// The command's name on the wire, for example `ReserveCredit`.
    static var commandType: String { get }
}

/// The answer to a command.
public protocol Reply: Codable, Sendable {
    /// The reply's name on the wire.
    static var replyType: String { get }
}

/// The answer no. A handler throws it: what the handler has written so far is undone, and the reply
/// is sent. Any other error is an accident, and leaves the command pending.
public protocol FailureReply: Reply, Error {}

/// A plain yes.
public struct Done: Reply, Hashable {
    public static let replyType = "Success"

    /// A success of the library's own type, which says nothing more.
    public init() {}
}

/// A plain no.
public struct Declined: FailureReply, Hashable {
    public static let replyType = "Failure"

    /// A refusal of the library's own type, which says nothing more.
    public init() {}
}

/// A refusal in words: the failure reply to send, and what a person reads of it.
public struct Refusal: Error {
    let reply: any FailureReply
    let effects: [String]

    /// A refusal with this reply, and what a person reads of it where deliveries are told.
    public init(_ reply: any FailureReply, _ effects: String...) {
        self.reply = reply
        self.effects = effects
    }
}

/// Where a service receives commands.
public struct CommandChannel: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The channel's name on the wire.
    public let name: String

    /// The channel of this name.
    public init(_ name: String) {
        self.name = name
    }

    public init(stringLiteral name: String) {
        self.init(name)
    }
}

/// The two outcomes of a command, as they are written in a reply's header.
public enum ReplyOutcome: String, Sendable {
    case success = "SUCCESS"
    case failure = "FAILURE"
}

extension Transaction {
    /// Sends a command, as part of this transaction.
    ///
    /// - Parameters:
    ///   - orderedBy: the partition id: commands with the same one are received in order.
    ///   - replyTo: the channel of the reply; nil for a notification, which gets none.
    ///   - headers: further headers, for example ``MessageHeader/traceParent``.
    /// - Returns: the message's id.
    /// - Throws: ``ReservedHeader`` when a further header is one that the library sets.
    @discardableResult
    public func send<Request: Command>(
        _ command: Request, to channel: CommandChannel, orderedBy partitionID: String,
        replyTo: String? = nil, headers: [String: String] = [:]
    ) throws -> MessageID {
        try MessageHeader.refuseReserved(headers)
        return try send(
            command, to: channel, orderedBy: partitionID, replyTo: replyTo, sagaHeaders: headers)
    }

    /// Sends a command of a saga.
    ///
    /// - Parameter headers: those that tell which saga it is.
    @discardableResult
    package func send<Request: Command>(
        _ command: Request, to channel: CommandChannel, orderedBy partitionID: String,
        replyTo: String? = nil, sagaHeaders headers: [String: String]
    ) throws -> MessageID {
        var all = headers
        all[MessageHeader.commandType] = Request.commandType
        all[MessageHeader.commandDestination] = channel.name
        all[MessageHeader.commandReplyTo] = replyTo
        return try Outbox(self).append(
            OutgoingMessage(
                type: Request.commandType, destination: channel.name, partitionID: partitionID,
                headers: all, payload: WireFormat.encode(command)))
    }

    /// Answers a command, now or, with a token that was kept, later.
    ///
    /// - Returns: the message's id, or nil when the command wants no reply.
    @discardableResult
    public func reply(_ reply: any Reply, to token: ReplyToken) throws -> MessageID? {
        guard let message = try token.answer(reply) else { return nil }
        return try Outbox(self).append(message)
    }
}

/// What is needed to answer a command. A handler that cannot answer yet keeps it, for example in the
/// data of a saga of its own, which answers when it has ended.
public struct ReplyToken: Codable, Hashable, Sendable {
    let channel: String?
    let partitionID: String
    var headers: [String: String]

    init(_ command: Message) {
        channel = command.headers[MessageHeader.commandReplyTo]
        partitionID = command.partitionID
        headers = [MessageHeader.replyToMessageID: command.id.description]
        for (name, value) in command.headers where name.hasPrefix("command_") {
            headers[MessageHeader.echo(of: name)] = value
        }
    }

    /// The reply as it is sent, or nil when none is wanted.
    func answer(_ reply: any Reply) throws -> OutgoingMessage? {
        guard let channel else { return nil }
        let outcome: ReplyOutcome = reply is any FailureReply ? .failure : .success
        let name = type(of: reply).replyType
        var headers = headers
        headers[MessageHeader.replyType] = name
        headers[MessageHeader.replyOutcome] = outcome.rawValue
        return OutgoingMessage(
            type: name, destination: channel, partitionID: partitionID, headers: headers,
            payload: try WireFormat.encode(reply))
    }
}

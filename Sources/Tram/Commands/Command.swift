/// A request to another service, sent as a message to that service's ``CommandChannel``.
///
/// The stored properties of the conforming type are the command's JSON. Its name on the wire is
/// declared and independent of Swift's name for the type, so the type can be renamed without
/// breaking anybody:
///
/// ```swift
/// struct ReserveCredit: Command {
///     static let commandType = "ReserveCredit"
///     let customerId: Int
///     let orderTotal: Money
/// }
/// ```
///
/// A command has exactly one receiver, the participant that serves its channel
/// (``CommandHandlers``), and usually gets a ``Reply``. Use it where the sender needs something
/// done and wants to hear the result, typically as a step of a ``Saga``. For a fact that anybody
/// may listen to, use a ``DomainEvent``.
///
/// After `io.eventuate.tram.commands.common.Command` of Eventuate Tram.
public protocol Command: Codable, Sendable {
    /// The command's name on the wire, for example `ReserveCredit`.
    ///
    /// Messages with this name stay in outboxes and stashes until they are handled, also across an
    /// upgrade of the program. Before changing it, see ``FormerMessage``.
    static var commandType: String { get }
}

/// The answer to a ``Command``, sent to the channel that the command names for replies.
///
/// A type that conforms to `Reply` alone means success. A refusal conforms to ``FailureReply`` as
/// well. Use ``Done`` and ``Declined`` where the outcome alone says everything.
///
/// ```swift
/// struct CustomerCreditReserved: Reply {
///     static let replyType = "CustomerCreditReserved"
/// }
/// ```
public protocol Reply: Codable, Sendable {
    /// The reply's name on the wire. A saga's step chooses its reply handler by it.
    static var replyType: String { get }
}

/// A reply that refuses the command: the business rules forbid what was asked for.
///
/// A handler throws it. What the handler has written so far is rolled back, the reply is sent, and
/// the command counts as handled. A saga that receives it compensates, unless its step retries.
///
/// ```swift
/// struct CustomerCreditLimitExceeded: FailureReply {
///     static let replyType = "CustomerCreditLimitExceeded"
/// }
///
/// guard customer.available >= command.orderTotal else { throw CustomerCreditLimitExceeded() }
/// ```
///
/// Any other error is an accident and no answer: the delivery has failed, the command stays
/// pending, and the relay delivers it again.
public protocol FailureReply: Reply, Error {}

/// The success reply of the library, without contents. It is what ``CommandResult/success(_:_:)``
/// sends if nothing else is given.
public struct Done: Reply, Hashable {
    /// The name that Eventuate Tram gives to its own success reply.
    public static let replyType = "Success"

    /// A success reply without contents.
    public init() {}
}

/// The failure reply of the library, without contents.
///
/// Prefer a type of the application where the sender must distinguish reasons. To add words for
/// people, throw `Refusal(Declined(), "the customer is blocked")`.
public struct Declined: FailureReply, Hashable {
    /// The name that Eventuate Tram gives to its own failure reply.
    public static let replyType = "Failure"

    /// A failure reply without contents.
    public init() {}
}

/// A failure reply together with sentences for people.
///
/// Only the reply travels to the sender. The sentences are what the inbox keeps as
/// ``InboxEntry/effects`` and what a relay reports for the delivery:
///
/// ```swift
/// throw Refusal(
///     CustomerCreditLimitExceeded(), "4.00 exceeds the 1.00 that customer 1 has available")
/// ```
///
/// A ``FailureReply`` that is thrown by itself is reported by its ``Reply/replyType``.
public struct Refusal: Error {
    /// What is sent to whoever sent the command.
    let reply: any FailureReply
    /// One sentence each, in the order in which they are shown.
    let effects: [String]

    /// A refusal that sends `reply` and reports `effects`.
    public init(_ reply: any FailureReply, _ effects: String...) {
        self.reply = reply
        self.effects = effects
    }
}

/// The channel on which a service receives commands.
///
/// One subscriber of a system serves it: a second one is
/// ``WiringError/channelServedTwice(channel:subscribers:)``. By convention it is named after the
/// service, for example `customerService`, and declared once where both sides see it:
///
/// ```swift
/// extension CommandChannel {
///     static let customerService: CommandChannel = "customerService"
/// }
/// ```
public struct CommandChannel: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The channel's name on the wire.
    public let name: String

    /// The channel with this name on the wire.
    public init(_ name: String) {
        self.name = name
    }

    public init(stringLiteral name: String) {
        self.init(name)
    }
}

/// Whether a reply means yes or no: the values of the header ``MessageHeader/replyOutcome``.
///
/// It is derived from the reply's type: ``FailureReply`` or not.
public enum ReplyOutcome: String, Sendable {
    /// The command was carried out.
    case success = "SUCCESS"
    /// The command was refused, and nothing of it remains at the participant.
    case failure = "FAILURE"
}

extension Transaction {
    /// Sends a command as part of this transaction.
    ///
    /// The command is a row of the outbox: it is sent exactly if the transaction commits, and a
    /// relay delivers it afterwards. Delivery is at least once; the participant's inbox makes its
    /// effect happen once. A saga's steps send their commands through the library; call this for
    /// commands outside of a saga.
    ///
    /// ```swift
    /// try orders.write { transaction in
    ///     try transaction.send(
    ///         NotifyCustomer(customerId: 1), to: .customerService, orderedBy: "1")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - command: what is to be done.
    ///   - channel: that of the service which is to do it.
    ///   - partitionID: a participant receives the commands of one channel and one partition id in
    ///     the order in which they were sent.
    ///   - replyTo: the channel of the reply; nil for a notification, which gets none.
    ///   - headers: further headers, for example ``MessageHeader/traceParent``.
    /// - Returns: the message's id.
    /// - Throws: ``ReservedHeader`` when `headers` has a name that the library sets, an
    ///   `EncodingError` when the command has no JSON form, a ``StoreError`` when the row cannot be
    ///   inserted.
    @discardableResult
    public func send<Request: Command>(
        _ command: Request, to channel: CommandChannel, orderedBy partitionID: String,
        replyTo: String? = nil, headers: [String: String] = [:]
    ) throws -> MessageID {
        // Here and not in append: the library's own headers have these names.
        try MessageHeader.refuseReserved(headers)
        return try send(
            command, to: channel, orderedBy: partitionID, replyTo: replyTo, sagaHeaders: headers)
    }

    /// Sends a command with headers that only the library may set: those that name its saga and
    /// step.
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

    /// Answers a command as part of this transaction.
    ///
    /// A handler that returns ``CommandResult/success(_:_:)`` or throws a ``FailureReply`` needs no
    /// call of this. It is for a command whose handler returned ``CommandResult/noReply(_:)`` and
    /// kept the token: the answer may come in any later transaction of the same service's store,
    /// also after a restart.
    ///
    /// Nothing prevents a second answer to the same token. The sender would receive two replies; a
    /// saga ignores the one that it does not wait for.
    ///
    /// - Returns: the message's id, or nil when the command wants no reply.
    /// - Throws: an `EncodingError` when the reply has no JSON form, a ``StoreError`` when the row
    ///   cannot be inserted.
    @discardableResult
    public func reply(_ reply: any Reply, to token: ReplyToken) throws -> MessageID? {
        guard let message = try token.answer(reply) else { return nil }
        return try Outbox(self).append(message)
    }
}

/// What is needed to answer a command: the reply's channel, its ordering key, and the headers that
/// lead it back to the sender.
///
/// A handler that cannot answer yet stores the token and returns ``CommandResult/noReply(_:)``. The
/// token is `Codable`, so it fits into a column or into the data of a saga that the handler starts
/// and that answers at its end:
///
/// ```swift
/// .on(CheckAddress.self) { command, transaction in
///     try Checks(transaction).insert(command.address, token: command.replyToken)
///     return .noReply("the address is checked by hand")
/// }
/// // … later, in another transaction:
/// try transaction.reply(AddressChecked(), to: check.token)
/// ```
///
/// Its JSON is stored by applications: properties may be added, but none renamed.
public struct ReplyToken: Codable, Hashable, Sendable {
    /// Where the reply goes; nil for a notification.
    let channel: String?
    /// The command's own, so that the replies to one saga arrive in order.
    let partitionID: String
    /// The command's `command_…` headers under the names of their echoes, and the command's id.
    var headers: [String: String]

    /// The token of a command, made from its headers.
    init(_ command: Message) {
        channel = command.headers[MessageHeader.commandReplyTo]
        partitionID = command.partitionID
        headers = [MessageHeader.replyToMessageID: command.id.description]
        for (name, value) in command.headers where name.hasPrefix("command_") {
            headers[MessageHeader.echo(of: name)] = value
        }
    }

    /// The message that carries the reply, or nil when the command wants none.
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

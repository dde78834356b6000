/// Runs the instances of a saga: persists each after every step, and drives it by the replies to its
/// commands. It is the subscriber to those replies.
///
/// A reply counts when it answers the last request of a saga that has not ended. Any other is
/// ignored, and visible in the log.
public struct SagaManager<Definition: Saga>: Subscriber, TimedSubscriber {
    public let id: String
    private let saga: Definition

    /// - Parameter id: the id under which the inbox remembers the replies that were handled.
    /// - Throws: ``WiringError/badSaga(_:)`` when the saga cannot be run as it is defined.
    public init(_ saga: Definition, id: String) throws {
        do {
            try saga.validate()
        } catch {
            throw WiringError.badSaga(error)
        }
        self.saga = saga
        self.id = id
    }

    /// The saga's steps as data.
    public var definition: SagaDefinition { saga.definition }

    /// Starts an instance, in the caller's transaction: its first local steps are done, and its first
    /// command is sent, when this returns.
    ///
    /// - Throws: what its first step throws when it is local: then nothing has happened.
    @discardableResult
    public func start(
        _ data: Definition.Data, in transaction: any Transaction
    ) throws -> SagaInstance<Definition.Data> {
        try transaction.savepoint {
            let reference = try SagaInstances(transaction).insert(
                type: Definition.sagaType, dataType: String(reflecting: Definition.Data.self),
                data: WireFormat.encode(data))
            let instance = SagaInstance(reference: reference, state: .beginning, data: data)
            let execution = SagaExecution(saga, instance, transaction)
            try execution.start()
            return execution.instance
        }
    }

    /// Takes up a failed instance where it stands: sends the compensation that was refused again.
    ///
    /// - Returns: what came of it, in words.
    /// - Throws: ``SagaError``; ``SagaDamage`` when the instance cannot be read.
    public func retry(_ id: String, in transaction: any Transaction) throws -> [String] {
        let reference = SagaReference(type: Definition.sagaType, id: id)
        guard
            let instance = try SagaInstances(transaction).find(reference, Definition.Data.self)
        else { throw SagaError.notFound(reference) }
        guard case .failed(let step) = instance.state else {
            throw SagaError.notFailed(reference, instance.state)
        }
        let execution = SagaExecution(saga, instance, transaction)
        let refused = try SagaLog(transaction).entries(of: reference).last {
            $0.event == .compensating
        }
        try transaction.causing(by: refused?.message) { try execution.retryCompensation(step) }
        return [execution.summary]
    }

    /// An instance, or nil when there is none.
    ///
    /// - Throws: ``SagaDamage`` when it cannot be read; see ``inspect(_:in:)``.
    public func instance(
        _ id: String, in transaction: any Transaction
    ) throws -> SagaInstance<Definition.Data>? {
        try SagaInstances(transaction).find(
            SagaReference(type: Definition.sagaType, id: id), Definition.Data.self)
    }

    // MARK: Subscriber

    public func accepts(type: String, from channel: String) -> Bool {
        channel == Definition.replyChannel
    }

    public var wiring: Wiring { Wiring(sagas: [definition]) }

    public func handle(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        let reply = try SagaReply(message)
        guard reply.saga.type == Definition.sagaType,
            let instance = try SagaInstances(transaction).find(reply.saga, Definition.Data.self)
        else { return try ignore(reply, transaction) }
        return try SagaExecution(saga, instance, transaction).take(reply)
    }

    /// A reply to a saga that is not there. One that was purged had ended, and keeps no lock.
    private func ignore(
        _ reply: SagaReply, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        guard try Sagas.isPurged(reply.saga, in: transaction) else {
            return .ignored("there is no saga \(reply.saga)")
        }
        if let target = reply.lockedTarget, let channel = reply.commandChannel {
            try transaction.unlock(target, on: channel, of: reply.saga)
        }
        return .ignored("\(reply.saga) has ended, and was purged")
    }

    // MARK: Deadlines

    public func awaited(
        overdueAt: Timestamp?, after last: AwaitedMessage?, limit: Int,
        in transaction: any Transaction
    ) throws -> [AwaitedMessage] {
        try SagaInstances(transaction)
            .waiting(
                type: Definition.sagaType, overdueAt: overdueAt,
                after: last.map { ($0.deadline, $0.id) }, limit: limit
            )
            .map { awaited($0.saga, request: $0.request, deadline: $0.deadline) }
    }

    private func awaited(
        _ saga: SagaReference, request: String?, deadline: Timestamp
    ) -> AwaitedMessage {
        let request = request.flatMap { MessageID($0) }?.description
        return AwaitedMessage(
            id: saga.id, channel: Definition.replyChannel, partitionID: saga.id,
            deadline: deadline,
            description: "\(saga) for the reply to \(request ?? "nothing")")
    }

    public func expire(
        _ awaited: AwaitedMessage, in transaction: any Transaction
    ) throws -> String? {
        let reference = SagaReference(type: Definition.sagaType, id: awaited.id)
        guard
            let instance = try SagaInstances(transaction).find(reference, Definition.Data.self)
        else { throw SagaError.notFound(reference) }
        // Since it was found overdue, the reply may have come, or another relay has been here.
        guard !instance.state.isEnd, let deadline = instance.deadline,
            self.awaited(
                reference, request: instance.lastRequest?.description, deadline: deadline)
                == awaited
        else { return nil }
        let execution = SagaExecution(saga, instance, transaction)
        try transaction.causing(by: instance.lastRequest) { try execution.timeOut() }
        return execution.summary
    }
}

/// What a manager refuses.
public enum SagaError: Error, Hashable, Sendable {
    case notFound(SagaReference)
    /// Only a failed saga can be taken up again.
    case notFailed(SagaReference, SagaState)
}

/// What can be asked about sagas of any type.
public enum Sagas {
    /// Where a saga stands, or nil when there is none.
    ///
    /// - Throws: ``SagaDamage`` when its row does not hold what it should.
    public static func overview(
        of saga: SagaReference, in transaction: any Transaction
    ) throws -> SagaOverview? {
        try SagaInstances(transaction).overview(saga)
    }

    /// The commands of a saga that this store's service has, and that wait for a lock.
    public static func stashedCommands(
        of saga: SagaReference, in transaction: any Transaction
    ) throws -> [MessageHeading] {
        try SagaLocks(transaction).stashedCommands(of: saga)
    }

    /// Whether the columns of a saga's row say the same as its state.
    package static func isConsistent(
        _ saga: SagaReference, in transaction: any Transaction
    ) throws -> Bool {
        try SagaInstances(transaction).isConsistent(saga)
    }

    /// Whether a saga is gone because it was purged: then it had been completed or rolled back.
    public static func isPurged(
        _ saga: SagaReference, in transaction: any Transaction
    ) throws -> Bool {
        try SagaInstances(transaction).isPurged(saga)
    }

    /// How many sagas have been purged so far.
    public static func purgedCount(in transaction: any Transaction) throws -> Int {
        try SagaInstances(transaction).purgedCount()
    }

    /// What has happened to a saga, from its start; nothing once it was purged.
    ///
    /// - Throws: ``SagaDamage`` when an entry cannot be read.
    public static func log(
        of saga: SagaReference, in transaction: any Transaction
    ) throws -> [SagaLogEntry] {
        try SagaLog(transaction).entries(of: saga)
    }
}

/// A reply to a saga's command, read from its headers.
struct SagaReply {
    let message: Message
    let saga: SagaReference
    let request: MessageID?
    let outcome: ReplyOutcome
    let lockedTarget: String?
    let commandChannel: String?

    init(_ message: Message) throws {
        func echoed(_ header: String) -> String? {
            message.headers[MessageHeader.echo(of: header)]
        }
        guard let type = echoed(MessageHeader.commandSagaType),
            let id = echoed(MessageHeader.commandSagaID)
        else { throw WireFormatError("the reply names no saga") }
        guard
            let outcome = message.headers[MessageHeader.replyOutcome].flatMap(
                ReplyOutcome.init(rawValue:))
        else { throw WireFormatError("the reply is neither SUCCESS nor FAILURE") }
        self.message = message
        saga = SagaReference(type: type, id: id)
        request = message.headers[MessageHeader.replyToMessageID].flatMap { MessageID($0) }
        self.outcome = outcome
        lockedTarget = message.headers[MessageHeader.sagaLockedTarget]
        commandChannel = echoed(MessageHeader.commandDestination)
    }
}

/// Runs the instances of a saga: persists each after every step, and drives it by the replies to its
/// commands. It is the subscriber to those replies.
///
/// A reply counts when it answers the last request of a saga that has not ended. Any other is
/// ignored, and visible in the log.
public struct SagaManager<Definition: Saga>: Subscriber, TimedSubscriber {
    public let id: String
    public let formerIDs: [String]
    let versions: SagaVersions
    private let saga: Definition

    /// - Parameters:
    ///   - saga: the definition by which new instances are started.
    ///   - formerly: older definitions of the same type of saga, by which instances go on that were
    ///     started with them. Each has a lower ``Saga/version``, and may have data of its own:
    ///
    ///     ```swift
    ///     try SagaManager(BookTripSaga(), formerly: [BookTripSagaV1()], id: "trips")
    ///     ```
    ///   - id: the id under which the inbox remembers the replies that were handled.
    ///   - formerIDs: what the subscriber was called before: see ``Subscriber/formerIDs``.
    /// - Throws: ``WiringError/badSaga(_:)`` when one of them cannot be run as it is defined, or they
    ///   are not versions of one saga.
    public init(
        _ saga: Definition, formerly: [any Saga] = [], id: String, formerIDs: [String] = []
    ) throws {
        do {
            versions = try SagaVersions(saga, formerly: formerly)
        } catch {
            throw WiringError.badSaga(error)
        }
        self.saga = saga
        self.id = id
        self.formerIDs = formerIDs
    }

    /// The saga's steps as data: those of the newest version, and the former ones beside them.
    public var definition: SagaDefinition { versions.definition }

    /// Starts an instance, in the caller's transaction: its first local steps are done, and its first
    /// command is sent, when this returns.
    ///
    /// - Throws: what ``Saga/starting(_:_:_:)`` throws, or its first step when it is local: then
    ///   nothing has happened.
    @discardableResult
    public func start(
        _ data: Definition.Data, in transaction: any Transaction
    ) throws -> SagaInstance<Definition.Data> {
        guard let instance = try start(data, key: nil, transaction) else {
            throw StoreError.unexpectedRow("saga_instance has taken no row")
        }
        return instance
    }

    /// Starts an instance unless there is one with the same key: whoever asks twice for the same thing
    /// gets one saga. Two transactions that start with one key at once, also of two processes, make one
    /// instance between them.
    ///
    /// ```swift
    /// try manager.start(data, key: "order-7", in: transaction)
    /// ```
    ///
    /// - Parameters:
    ///   - data: only what a new instance begins with.
    ///   - key: what the application knows the saga by, not empty. It is unique among the sagas of this
    ///     type in this store, also after they have ended, until they are purged.
    /// - Returns: the instance, whichever version of the definition it was started with, and whether
    ///   it was started now.
    /// - Throws: ``SagaError/emptyKey``; what ``start(_:in:)`` throws.
    @discardableResult
    public func start(
        _ data: Definition.Data, key: String, in transaction: any Transaction
    ) throws -> SagaStart {
        if key.isEmpty { throw SagaError.emptyKey }
        if let instance = try start(data, key: key, transaction) {
            return SagaStart(reference: instance.reference, isNew: true)
        }
        let known = try SagaInstances(transaction).find(type: Definition.sagaType, key: key)
        guard let known else {
            throw StoreError.unexpectedRow("no row of saga_instance has the key '\(key)'")
        }
        return SagaStart(reference: known, isNew: false)
    }

    /// - Returns: nil when there is an instance with the key.
    private func start(
        _ data: Definition.Data, key: String?, _ transaction: any Transaction
    ) throws -> SagaInstance<Definition.Data>? {
        try transaction.savepoint {
            let state = SagaState.running(step: saga.steps[0].name)
            let reference = try SagaInstances(transaction).insert(
                type: Definition.sagaType, version: Definition.version, key: key, state: state,
                dataType: String(reflecting: Definition.Data.self), data: WireFormat.encode(data))
            guard let reference else { return nil }
            let instance = SagaInstance(
                reference: reference, version: Definition.version, state: state, data: data)
            let execution = SagaExecution(saga, instance, transaction)
            try execution.start()
            return execution.instance
        }
    }

    /// An instance that was started with the newest version, or nil when there is none.
    ///
    /// - Throws: ``SagaError/ofFormerVersion(_:_:)`` for one that was started with another, see
    ///   ``Sagas/overview(of:in:)``; ``SagaDamage`` or ``SagaStranded`` when it cannot be read, see
    ///   ``inspect(_:in:)``.
    public func instance(
        _ id: String, in transaction: any Transaction
    ) throws -> SagaInstance<Definition.Data>? {
        let reference = SagaReference(type: Definition.sagaType, id: id)
        guard let row = try SagaInstances(transaction).row(reference) else { return nil }
        guard let saga = try versions.saga(of: row) as? Definition else {
            throw SagaError.ofFormerVersion(reference, row.version)
        }
        return try row.instance(saga)
    }

    /// An instance in motion, by the definition that it was started with.
    func execution(
        of row: SagaInstanceRow, _ transaction: any Transaction
    ) throws -> any SagaInMotion {
        func execution(_ saga: some Saga) throws -> any SagaInMotion {
            SagaExecution(saga, try row.instance(saga), transaction)
        }
        return try execution(versions.saga(of: row))
    }

    // MARK: Subscriber

    public func accepts(type: String, from channel: String) -> Bool {
        channel == Definition.replyChannel
    }

    public var wiring: Wiring {
        Wiring(sagas: [definition], formerNames: versions.formerReplies, sagaRunners: [self])
    }

    public func handle(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        let reply = try SagaReply(message)
        guard reply.saga.type == Definition.sagaType,
            let row = try SagaInstances(transaction).row(reply.saga)
        else { return try ignore(reply, transaction) }
        let state = try row.overview().state
        if state.isEnd { return try ignore(reply, of: row, state, transaction) }
        return try execution(of: row, transaction).take(reply)
    }

    /// A reply to a saga that has ended: its definition is not needed for it any more.
    private func ignore(
        _ reply: SagaReply, of row: SagaInstanceRow, _ state: SagaState,
        _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        if let target = reply.lockedTarget, let channel = reply.commandChannel {
            try SagaInstances(transaction).addParticipant(
                reply.saga, channel: channel, target: target)
            // The locks of a failed saga stay: what they protect is neither done nor undone. Of one
            // that was given up, nothing is protected any more.
            let hasFailed = if case .failed = state { true } else { false }
            if try !hasFailed || SagaDecisions(transaction).isAbandoned(reply.saga) {
                try transaction.unlock(target, on: channel, of: reply.saga)
            }
        }
        try SagaLog(transaction).append(
            reply.saga, .ignored, message: reply.message.id, detail: reply.message.type,
            data: row.data)
        return .ignored("\(reply.saga) has ended")
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
}

/// What came of starting a saga with a key.
public struct SagaStart: Hashable, Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// Whether it was started now; false when there was one with the key.
    public let isNew: Bool
}

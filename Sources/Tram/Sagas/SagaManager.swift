/// Runs the instances of a saga: persists each after every step, and drives it by the replies to
/// its commands. It is the subscriber to those replies.
///
/// ```swift
/// let sagas = try SagaManager(CreateOrderSaga(), id: "orders")
/// let service = try Service(store: orders, subscribers: [sagas])
///
/// let saga = try orders.write { transaction in
///     try sagas.start(CreateOrderSaga.Data(customerID: 1, total: 400), in: transaction)
/// }
/// ```
///
/// An instance moves only inside transactions of its own service's store: when it is started, when
/// a reply is delivered, when a deadline passes, and when an operator decides. Its row, its log,
/// the commands that it sends and what its local steps write are committed together, so a crash
/// leaves it either before or after a movement.
///
/// A reply counts when it answers the last request of a saga that has not ended. Any other is
/// ignored, and visible in the log.
///
/// It plays the part of the class `SagaManagerImpl` of Eventuate Tram Sagas, and with
/// ``start(_:in:)`` that of its `SagaInstanceFactory`.
public struct SagaManager<Definition: Saga>: Subscriber, TimedSubscriber {
    public let id: String
    public let formerIDs: [String]
    /// The newest definition and the former ones.
    let versions: SagaVersions
    private let saga: Definition

    /// A manager of the sagas of one type.
    ///
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
    /// - Throws: ``WiringError/badSaga(_:)`` when one of them cannot be run as it is defined, or
    ///   they are not versions of one saga.
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

    /// Starts an instance, in the caller's transaction. Its first local steps are done, and its
    /// first command is sent, when this returns: both become visible with the caller's commit.
    ///
    /// Whoever asks twice gets two sagas; see ``start(_:key:in:)`` for a start that can be
    /// repeated.
    ///
    /// - Parameters:
    ///   - data: what the instance begins with.
    ///   - transaction: a transaction on the service's store that can write.
    /// - Returns: the instance as it stands now, also when it has ended already because all its
    ///   steps are local.
    /// - Throws: what ``Saga/starting(_:_:_:)`` throws, or the first step when it is local: that is
    ///   not a reason to roll back, since nothing was done. Nothing has happened then, and the
    ///   caller's transaction can go on.
    @discardableResult
    public func start(
        _ data: Definition.Data, in transaction: any Transaction
    ) throws -> SagaInstance<Definition.Data> {
        guard let instance = try start(data, key: nil, transaction) else {
            throw StoreError.unexpectedRow("saga_instance has taken no row")
        }
        return instance
    }

    /// Starts an instance unless there is one with the same key: whoever asks twice for the same
    /// thing gets one saga. Two transactions that start with one key at once, also of two
    /// processes, make one instance between them.
    ///
    /// ```swift
    /// try manager.start(data, key: "order-7", in: transaction)
    /// ```
    ///
    /// - Parameters:
    ///   - data: what a new instance begins with; not looked at when there is one.
    ///   - key: what the application knows the saga by, not empty. It is unique among the sagas of
    ///     this type in this store, also after they have ended, until they are purged.
    ///   - transaction: a transaction on the service's store that can write.
    /// - Returns: the instance, whichever version of the definition it was started with, and
    ///   whether it was started now.
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

    /// Starts an instance in a savepoint. The row comes first, since the steps need the saga's id.
    ///
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

    /// An instance that was started with the newest version.
    ///
    /// - Parameters:
    ///   - id: the saga's id: see ``SagaReference/id``.
    ///   - transaction: a transaction on the service's store.
    /// - Returns: nil when there is none.
    /// - Throws: ``SagaError/ofFormerVersion(_:_:)`` for one that was started with another version,
    ///   see ``Sagas/overview(of:in:)``; ``SagaDamage`` or ``SagaStranded`` when it cannot be read,
    ///   see ``inspect(_:in:)``.
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

    /// Every reply on the saga's channel, whatever its type.
    public func accepts(type: String, from channel: String) -> Bool {
        channel == Definition.replyChannel
    }

    /// The definition, the former names of replies in all versions, and the manager itself.
    public var wiring: Wiring {
        Wiring(sagas: [definition], formerNames: versions.formerReplies, sagaRunners: [self])
    }

    /// Takes a reply. One that does not count, because the saga has ended, is gone or has moved on,
    /// is ignored, and a lock of which it tells is freed where nothing is protected by it any more.
    ///
    /// - Throws: `WireFormatError` when it is no reply to a saga; ``SagaDamage`` or
    ///   ``SagaStranded`` when the saga cannot go on, so that the reply is tried again until it
    ///   can.
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

    /// Ignores a reply to a saga that has ended: its definition is not needed for that, so a
    /// program may have dropped it.
    private func ignore(
        _ reply: SagaReply, of row: SagaInstanceRow, _ state: SagaState,
        _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        if let target = reply.lockedTarget, let channel = reply.commandChannel {
            try SagaInstances(transaction).addParticipant(
                reply.saga, channel: channel, target: target)
            // The locks of a failed saga stay: what they protect is neither done nor undone. An
            // abandoned saga protects nothing any more.
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

    /// Ignores a reply to a saga that has no row. One that was purged had ended well, and keeps no
    /// lock.
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

/// What came of starting a saga with a key: see ``SagaManager/start(_:key:in:)``.
public struct SagaStart: Hashable, Sendable {
    /// Which saga it is.
    public let reference: SagaReference
    /// Whether it was started now; false when there was one with the key.
    public let isNew: Bool
}

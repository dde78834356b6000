/// Semantic locks: what a saga has for itself at a participant until it ends, and the commands of
/// other sagas that wait for it.
///
/// Sagas are not isolated from one another: between two steps, others see what the first has done.
/// The countermeasure "semantic lock" (Chris Richardson, *Microservices Patterns*, section 4.3)
/// marks what a saga works on, by a name that the participant chooses, in the table
/// `saga_lock_table` of the participant's own store. A lock is claimed in the transaction that
/// handles a command, told to the saga by the reply, and freed by a `SagaUnlock` command when the
/// saga ends; so it outlives any process.
///
/// Its owner is a saga's type and id. A type is run by one subscriber of a system only, see
/// ``WiringError/sagaRunTwice(type:subscribers:)``, so two sagas cannot have one name. Sagas that
/// claim several locks in different orders can wait for one another; a step's deadline ends that.
struct SagaLocks {
    let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// What came of a claim.
    enum Claim {
        /// The saga has the lock from now on.
        case claimed
        /// The saga had the lock before.
        case alreadyHeld
        /// Another saga has it.
        case refused(owner: SagaReference)
    }

    /// Claims a lock for a saga. The primary key decides: of two claims, one inserts a row.
    func claim(_ target: String, for saga: SagaReference) throws -> Claim {
        let isNew =
            try transaction.execute(
                """
                INSERT INTO saga_lock_table (target, saga_type, saga_id)
                VALUES (\(target), \(saga.type), \(saga.id)) ON CONFLICT DO NOTHING
                """) == 1
        guard !isNew, let owner = try owner(of: target) else { return .claimed }
        return owner == saga ? .alreadyHeld : .refused(owner: owner)
    }

    /// The saga that has a lock; nil when nobody has.
    func owner(of target: String) throws -> SagaReference? {
        try transaction.rows(
            "SELECT saga_type, saga_id FROM saga_lock_table WHERE target = \(target)"
        ).first.map {
            let (type, id): (String, String) = try $0.values()
            return SagaReference(type: type, id: id)
        }
    }

    /// Frees a lock, if the saga holds it.
    ///
    /// - Returns: whether it did.
    func release(_ target: String, of saga: SagaReference) throws -> Bool {
        try transaction.execute(
            """
            DELETE FROM saga_lock_table
            WHERE target = \(target) AND saga_type = \(saga.type) AND saga_id = \(saga.id)
            """) == 1
    }

    /// Frees all locks of a saga. There is no index by saga: a participant has few locks at a time.
    ///
    /// - Returns: what it held, in the order of the names.
    func releaseAll(of saga: SagaReference) throws -> [String] {
        let targets: [String] = try transaction.rows(
            """
            SELECT target FROM saga_lock_table
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) ORDER BY target
            """
        ).map { try $0.values() }
        for target in targets { _ = try release(target, of: saga) }
        return targets
    }
}

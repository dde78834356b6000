/// Semantic locks: what a saga has for itself at a participant until it ends, and the commands of
/// other sagas that wait for it (the countermeasure "semantic lock", Chris Richardson, *Microservices
/// Patterns*, section 4.3). Its owner is a saga's type and id; a type is run by one subscriber of a
/// system only, see ``WiringError/sagaRunTwice(type:subscribers:)``.
struct SagaLocks {
    let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    enum Claim {
        case claimed
        case alreadyHeld
        case refused(owner: SagaReference)
    }

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

    /// - Returns: nil when nobody has the lock.
    func owner(of target: String) throws -> SagaReference? {
        try transaction.rows(
            "SELECT saga_type, saga_id FROM saga_lock_table WHERE target = \(target)"
        ).first.map {
            let (type, id): (String, String) = try $0.values()
            return SagaReference(type: type, id: id)
        }
    }

    /// - Returns: whether the saga held it.
    func release(_ target: String, of saga: SagaReference) throws -> Bool {
        try transaction.execute(
            """
            DELETE FROM saga_lock_table
            WHERE target = \(target) AND saga_type = \(saga.type) AND saga_id = \(saga.id)
            """) == 1
    }

    /// Releases all locks of a saga.
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

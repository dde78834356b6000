extension Sagas {
    /// The sagas of a type that have failed, and that no operator has abandoned: they stand where they
    /// are until somebody decides. In the order in which they were started.
    ///
    /// - Parameters:
    ///   - last: only those after this one; all when nil.
    ///   - limit: how many at most.
    public static func failed(
        ofType type: String, after last: SagaReference?, limit: Int, in transaction: any Transaction
    ) throws -> [SagaReference] {
        let after = last.flatMap { Int($0.id) } ?? 0
        return try transaction.rows(
            """
            SELECT saga_id FROM saga_instance
            WHERE saga_type = \(type) AND failed = 1 AND id > \(after) AND NOT EXISTS
                (SELECT 1 FROM saga_decision
                 WHERE saga_decision.saga_type = saga_instance.saga_type
                    AND saga_decision.saga_id = saga_instance.saga_id
                    AND decision = \(SagaDecision.abandon.participle))
            ORDER BY id LIMIT \(limit)
            """
        ).map { SagaReference(type: type, id: try $0.values()) }
    }
}

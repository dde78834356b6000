extension Sagas {
    /// Lists the sagas of a type that have failed and that no operator has abandoned: they stand
    /// where they are until somebody decides. In the order in which they were started.
    ///
    /// ```swift
    /// var last: SagaReference?
    /// repeat {
    ///     let page = try store.read {
    ///         try Sagas.failed(ofType: CreateOrderSaga.sagaType, after: last, limit: 100, in: $0)
    ///     }
    ///     page.forEach(show)
    ///     last = page.last
    /// } while last != nil
    /// ```
    ///
    /// The partial index `saga_instance_failed_idx` holds only failed sagas, so the cost does not
    /// grow with those that have ended well. Abandoned ones are in it as well, and each is looked
    /// up in the table of decisions.
    ///
    /// - Parameters:
    ///   - type: see ``Saga/sagaType``.
    ///   - last: only those after this one; from the first when nil.
    ///   - limit: how many at most.
    ///   - transaction: a transaction on the sagas' store.
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

/// The sagas that wait for some time to pass.
extension SagaInstances {
    /// A saga that waits for a reply up to a deadline, or for the time at which its operation is
    /// tried again.
    struct Waiting {
        let saga: SagaReference
        /// The command whose reply would count; nil when there is none.
        let request: String?
        /// The deadline, or when the operation is tried again.
        let due: Timestamp
        /// Whether the wait is for a retry.
        let isRetry: Bool
    }

    /// The sagas of a type that wait for some time to pass, the nearest first.
    ///
    /// Each half of the union has a partial index of its own, on the rows whose `deadline` or
    /// `retry_at` is not null: what waits for nothing costs nothing. The condition repeats `IS NOT
    /// NULL` because an index is only used where the query implies its condition. Ties are broken
    /// by `id`, so that a page can begin behind any row and none is left out. The halves do not
    /// overlap: the library never sets both columns of a row.
    ///
    /// - Parameters:
    ///   - type: see ``Saga/sagaType``.
    ///   - overdueAt: only those whose time has come at this time; all when nil.
    ///   - last: only those after this one, given by its time and id.
    ///   - limit: how many at most.
    func waiting(
        type: String, overdueAt: Timestamp?, after last: (due: Timestamp, id: String)?, limit: Int
    ) throws -> [Waiting] {
        let time = overdueAt.map { Int($0.milliseconds) } ?? .max
        let after = last.map { Int($0.due.milliseconds) } ?? .min
        let afterID = last.flatMap { Int($0.id) } ?? 0
        return try transaction.rows(
            """
            SELECT saga_id, last_request_id, due, is_retry FROM
                (SELECT id, saga_id, last_request_id, deadline AS due, 0 AS is_retry
                 FROM saga_instance
                 WHERE saga_type = \(type) AND deadline IS NOT NULL AND deadline <= \(time)
                    AND end_state = 0
                 UNION ALL
                 SELECT id, saga_id, last_request_id, retry_at AS due, 1 AS is_retry
                 FROM saga_instance
                 WHERE saga_type = \(type) AND retry_at IS NOT NULL AND retry_at <= \(time)
                    AND end_state = 0) AS waiting
            WHERE (due, id) > (\(after), \(afterID))
            ORDER BY due, id LIMIT \(limit)
            """
        ).map {
            let (id, request, due, isRetry): (String, String?, Int, Int) = try $0.values()
            return Waiting(
                saga: SagaReference(type: type, id: id), request: request,
                due: Timestamp(milliseconds: Int64(due)), isRetry: isRetry == 1)
        }
    }
}

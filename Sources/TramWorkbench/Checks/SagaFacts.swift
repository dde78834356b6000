package import Tram

/// The sagas of an application at one instant, and the locks and stashed commands that they have at
/// participants.
package struct SagaFacts: Hashable, Sendable {
    package var sagas: [Entry] = []
    package var locks: [Lock] = []

    /// A saga.
    package struct Entry: Hashable, Sendable {
        package var saga: SagaReference
        package var hasEnded: Bool
        /// Everything else about where it stands.
        package var rest: Row
    }

    /// A lock, or a command that waits for one.
    package struct Lock: Hashable, Sendable {
        package var saga: SagaReference
        /// The saga's id, and what is locked or waits.
        package var columns: [SQLValue]
    }

    /// Reads the facts.
    package init(_ views: [any Transaction]) throws {
        for view in views where try Sagas.hasTables(view) {
            sagas += try view.rows(
                """
                SELECT saga_type, saga_id, end_state, state_name, last_request_id, saga_data_json,
                    executed_steps, attempts
                FROM saga_instance ORDER BY id
                """
            ).map {
                let (type, id, end): (String, String, Int) = try $0.values()
                return Entry(
                    saga: SagaReference(type: type, id: id), hasEnded: end == 1, rest: $0)
            }
            locks += try view.rows(
                """
                SELECT saga_type, saga_id, target, saga_type FROM saga_lock_table ORDER BY target
                """
            ).map(Lock.init)
            locks += try view.rows(
                """
                SELECT saga_type, saga_id, message_id, target
                FROM saga_stash_table ORDER BY sequence
                """
            ).map(Lock.init)
        }
    }
}

extension SagaFacts.Lock {
    fileprivate init(_ row: Row) throws {
        let (type, id): (String, String) = try row.values()
        saga = SagaReference(type: type, id: id)
        columns = Array(row.columns.dropFirst())
    }
}

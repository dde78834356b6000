extension Sagas {
    /// The sagas of a type that are in the store, in the order in which they were started. Those that were
    /// purged are not.
    ///
    /// - Parameters:
    ///   - last: only those after this one; all when nil.
    ///   - limit: how many at most.
    ///   - unendedOnly: only those that have not ended. One that has failed has ended.
    public static func all(
        ofType type: String, after last: SagaReference?, limit: Int, unendedOnly: Bool = false,
        in transaction: any Transaction
    ) throws -> [SagaReference] {
        let after = last.flatMap { Int($0.id) } ?? 0
        let lastEndState = unendedOnly ? 0 : 1
        return try transaction.rows(
            """
            SELECT saga_id FROM saga_instance
            WHERE saga_type = \(type) AND id > \(after) AND end_state <= \(lastEndState)
            ORDER BY id LIMIT \(limit)
            """
        ).map { SagaReference(type: type, id: try $0.values()) }
    }

    /// Whether a saga is in the store, readable or not. One that was purged is not.
    public static func exists(
        _ saga: SagaReference, in transaction: any Transaction
    ) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 FROM saga_instance WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            """
        ).isEmpty
    }
}

extension Message {
    /// The saga that has sent this command, or is sent this reply, as the headers tell; nil for any other
    /// message.
    package var saga: SagaReference? {
        if let sender = SagaReference(of: self) { return sender }
        guard let type = headers[MessageHeader.echo(of: MessageHeader.commandSagaType)],
            let id = headers[MessageHeader.echo(of: MessageHeader.commandSagaID)]
        else { return nil }
        return SagaReference(type: type, id: id)
    }
}

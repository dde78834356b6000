/// What has happened to a saga, kept beside its instance for whoever wants to understand it.
public struct SagaLogEntry: Hashable, Sendable {
    /// The step that it happened to, or nil for the saga as a whole.
    public let step: Int?
    public let event: SagaLogEvent
    /// The command that was sent, or the reply that came.
    public let message: MessageID?
    /// For example the reply's type.
    public let detail: String
    /// The saga's data after it, as JSON text.
    public let data: String
}

/// What can happen to a saga.
public enum SagaLogEvent: String, Hashable, Sendable, SQLConvertible {
    case started
    /// A command was sent whose reply is awaited.
    case requested
    /// A command was sent that wants no reply.
    case notified
    /// The action was done.
    case done
    /// The action was refused.
    case refused
    /// No reply came in time.
    case timedOut = "timed-out"
    /// The compensation's command was sent.
    case compensating
    /// The compensation was done.
    case undone
    /// The compensation was refused.
    case stuck
    /// A refused command was sent again.
    case retried
    /// A reply came that did not count.
    case ignored
    case completed
    case rolledBack = "rolled-back"
    case failed
}

struct SagaLog {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    func append(
        _ saga: SagaReference, _ event: SagaLogEvent, step: Int? = nil, message: MessageID? = nil,
        detail: String = "", data: String
    ) throws {
        try transaction.execute(
            """
            INSERT INTO saga_log
                (saga_type, saga_id, step, event, message_id, detail, saga_data_json, creation_time)
            VALUES
                (\(saga.type), \(saga.id), \(step), \(event), \(message?.description), \(detail),
                 \(data), \(Int(transaction.now.milliseconds)))
            """)
    }

    func entries(of saga: SagaReference) throws -> [SagaLogEntry] {
        try transaction.rows(
            """
            SELECT step, event, message_id, detail, saga_data_json FROM saga_log
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) ORDER BY id
            """
        ).map {
            let (step, event, message, detail, data):
                (Int?, SagaLogEvent, String?, String, String) = try $0.values()
            return SagaLogEntry(
                step: step, event: event, message: message.flatMap { MessageID($0) },
                detail: detail, data: data)
        }
    }
}

/// What has happened to a saga, kept beside its instance for whoever wants to understand it.
public struct SagaLogEntry: Hashable, Sendable {
    /// The name of the step that it happened to, or nil for the saga as a whole. An entry from before
    /// steps had names in it has the number: `step 1`.
    public let step: String?
    /// What has happened.
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
    /// The command will be sent again, when some time has passed.
    case waiting
    /// The command was sent again, after a refusal, a deadline, or a wait.
    case retried
    /// A reply came that did not count.
    case ignored
    /// An operator had a compensation that was refused sent again.
    case takenUp = "taken-up"
    /// An operator had the outstanding command sent again.
    case resent
    /// An operator decided that the step, or its compensation, counts as done.
    case skipped
    /// An operator decided that the saga rolls back.
    case rollbackOrdered = "rollback"
    /// An operator gave the saga up.
    case abandoned
    case completed
    case rolledBack = "rolled-back"
    case failed
    /// The application was told of the end, and threw an error; or it could not be told, since the
    /// program does not understand the saga.
    case hookFailed = "hook-failed"
}

struct SagaLog {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    func append(
        _ saga: SagaReference, _ event: SagaLogEvent, step: (number: Int, name: String)? = nil,
        message: MessageID? = nil, detail: String = "", data: String
    ) throws {
        try transaction.execute(
            """
            INSERT INTO saga_log
                (saga_type, saga_id, step, step_name, event, message_id, detail, saga_data_json,
                 creation_time)
            VALUES
                (\(saga.type), \(saga.id), \(step?.number), \(step?.name), \(event),
                 \(message?.description), \(detail), \(data),
                 \(Int(transaction.now.milliseconds)))
            """)
    }

    /// The last command that a saga has sent and wanted an answer to; nil when there is none.
    func lastCommand(of saga: SagaReference) throws -> MessageID? {
        try transaction.rows(
            """
            SELECT message_id FROM saga_log
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                AND event IN (\(SagaLogEvent.requested), \(SagaLogEvent.compensating))
            ORDER BY id DESC LIMIT 1
            """
        ).first.flatMap { row in
            let message: String? = try row.values()
            return message.flatMap { MessageID($0) }
        }
    }

    /// The channels of the commands that a saga has sent, as far as its outbox still has them.
    func commandChannels(of saga: SagaReference) throws -> [String] {
        try transaction.rows(
            """
            SELECT message_id FROM saga_log
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                AND event IN
                    (\(SagaLogEvent.requested), \(SagaLogEvent.compensating),
                     \(SagaLogEvent.notified))
            ORDER BY id
            """
        ).compactMap { row in
            let message: String? = try row.values()
            guard let id = message.flatMap({ MessageID($0) }), id.service == transaction.storeName
            else { return nil }
            return try Outbox(transaction).message(id.number)?.message.destination
        }.uniqued()
    }

    /// The command of a saga whose reply is missing, see ``SagaOutlook/request``.
    func unanswered(of saga: SagaOverview) throws -> MessageID? {
        switch saga.state {
        case .running, .compensating: return saga.lastRequest
        case .completed, .rolledBack: return nil
        case .failed: break
        }
        let row = try transaction.rows(
            """
            SELECT event, message_id FROM saga_log
            WHERE saga_type = \(saga.reference.type) AND saga_id = \(saga.reference.id)
                AND event IN
                    (\(SagaLogEvent.timedOut), \(SagaLogEvent.stuck), \(SagaLogEvent.refused),
                     \(SagaLogEvent.abandoned))
            ORDER BY id DESC LIMIT 1
            """
        ).first
        guard let row else { return nil }
        let (event, message): (String, String?) = try row.values()
        guard event == SagaLogEvent.timedOut.rawValue else { return nil }
        return message.flatMap { MessageID($0) }
    }

    /// Where a saga stands, as far as its log tells. One that rolls back may be told as one that runs.
    func state(of saga: SagaReference) throws -> SagaState {
        let entries = try readableEntries(of: saga).entries
        let step = entries.last { $0.step != nil }?.step ?? ""
        let last = entries.last { ![.ignored, .hookFailed, .abandoned].contains($0.event) }
        return switch last?.event {
        case .completed: .completed
        case .rolledBack: .rolledBack
        case .failed: .failed(step: step)
        default: .running(step: step)
        }
    }

    /// - Throws: ``SagaDamage`` when an entry does not hold what it should.
    func entries(of saga: SagaReference) throws -> [SagaLogEntry] {
        let (entries, damage) = try readableEntries(of: saga)
        if let first = damage.first { throw SagaDamage(saga, first) }
        return entries
    }

    /// The entries that can be read, and what is wrong with the others.
    ///
    /// - Parameter definition: the one that tells the names of steps of which only the number is there.
    func readableEntries(
        of saga: SagaReference, _ definition: SagaDefinition? = nil
    ) throws -> (entries: [SagaLogEntry], damage: [String]) {
        let rows = try transaction.rows(
            """
            SELECT id, step, step_name, event, message_id, detail, saga_data_json FROM saga_log
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) ORDER BY id
            """)
        var entries: [SagaLogEntry] = []
        var damage: [String] = []
        for row in rows {
            let (id, number, name, event, message, detail, data):
                (Int, Int?, String?, String, String?, String, String) = try row.values()
            guard let event = SagaLogEvent(rawValue: event) else {
                damage.append("row \(id) of saga_log holds the event '\(shortened(event))'")
                continue
            }
            let messageID = message.flatMap { MessageID($0) }
            if let message, messageID == nil {
                damage.append("row \(id) of saga_log holds the message '\(shortened(message))'")
            }
            let step = name ?? number.map { definition?.name(ofStep: $0) ?? "step \($0)" }
            entries.append(
                SagaLogEntry(
                    step: step, event: event, message: messageID, detail: detail, data: data))
        }
        return (entries, damage)
    }
}

extension Transaction {
    /// Runs `body`; what it sends is caused by a saga's outstanding command or, when none is, by the
    /// last one that it has sent: for what no message but the time or an operator makes a saga send.
    func causing<Result>(
        byCommandOf saga: SagaReference, _ request: MessageID?, _ body: () throws -> Result
    ) throws -> Result {
        try causing(by: request ?? SagaLog(self).lastCommand(of: saga), body)
    }
}

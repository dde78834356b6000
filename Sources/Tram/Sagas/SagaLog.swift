/// One thing that has happened to a saga, kept beside its instance for whoever wants to understand
/// it: see ``Sagas/log(of:in:)``.
///
/// A saga never reads its log to decide how to go on; only an operator's tools do.
public struct SagaLogEntry: Hashable, Sendable {
    /// The name of the step that it happened to, or nil for the saga as a whole. An entry from
    /// before steps had names has the number: `step 1`.
    public let step: String?
    /// What has happened.
    public let event: SagaLogEvent
    /// The command that was sent, or the reply that came; nil for local steps.
    public let message: MessageID?
    /// More about it in words: the type of a reply, the error of a local step, or an operator's
    /// reason. May be empty.
    public let detail: String
    /// The saga's data after it, as JSON text.
    public let data: String
}

/// What can happen to a saga. The raw values are what the table `saga_log` holds.
///
/// A saga with two steps that is completed has the log `started`, `requested`, `done`, `requested`,
/// `done`, `completed`.
public enum SagaLogEvent: String, Hashable, Sendable, SQLConvertible {
    /// The instance has begun.
    case started
    /// A command was sent whose reply is awaited.
    case requested
    /// A command was sent that wants no reply.
    case notified
    /// The action was done.
    case done
    /// The action was refused, and no retry is left.
    case refused
    /// No reply came before the deadline.
    case timedOut = "timed-out"
    /// The compensation's command was sent.
    case compensating
    /// The compensation was done.
    case undone
    /// The compensation was refused, and no retry is left: the saga fails.
    case stuck
    /// The command will be sent again, when some time has passed.
    case waiting
    /// The command was sent again, after a refusal, a deadline, or a wait.
    case retried
    /// A reply came that did not count: a second one, or one that was late.
    case ignored
    /// An operator had a compensation that was refused sent again.
    case takenUp = "taken-up"
    /// An operator had the outstanding command sent again.
    case resent
    /// An operator decided that the step, or its compensation, counts as done.
    case skipped
    /// An operator decided that the saga rolls back.
    case rollbackOrdered = "rollback"
    /// An operator abandoned the saga.
    case abandoned
    /// Every step has been done.
    case completed
    /// Every step that had been done has been undone.
    case rolledBack = "rolled-back"
    /// The saga stands until an operator decides, or was abandoned.
    case failed
    /// ``Saga/completed(_:_:_:)`` or its like threw an error; or it could not be called, since the
    /// program does not understand the saga.
    case hookFailed = "hook-failed"
}

/// The table `saga_log`: appended to in the transaction that makes a saga move. Its index is on the
/// saga and the entry's id, so each question here reads only one saga's entries.
struct SagaLog {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Appends an entry.
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

    /// The channels of the commands that a saga has sent, each once, as far as its outbox still has
    /// them: one read for each command.
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

    /// The command of a saga whose reply is missing, see ``SagaOutlook/request``. A saga that has
    /// failed keeps no last request in its row; its log tells whether a deadline or a refusal was
    /// the reason.
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

    /// Where a saga stands, as far as its log tells: for one whose row is damaged. One that rolls
    /// back may be told as one that runs.
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

    /// All entries of a saga, oldest first.
    ///
    /// - Throws: ``SagaDamage`` when an entry does not hold what it should.
    func entries(of saga: SagaReference) throws -> [SagaLogEntry] {
        let (entries, damage) = try readableEntries(of: saga)
        if let first = damage.first { throw SagaDamage(saga, first) }
        return entries
    }

    /// The entries that can be read, oldest first, and what is wrong with the others.
    ///
    /// - Parameters:
    ///   - saga: the saga.
    ///   - definition: tells the names of steps that an old entry knows by number.
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
    /// Runs `body`; what it sends is caused by a saga's outstanding command or, when none is, by
    /// the last one that it has sent. For what the time or an operator makes a saga send, where no
    /// message is handled that could be the cause.
    func causing<Result>(
        byCommandOf saga: SagaReference, _ request: MessageID?, _ body: () throws -> Result
    ) throws -> Result {
        try causing(by: request ?? SagaLog(self).lastCommand(of: saga), body)
    }
}

/// What an operator can decide about a saga that does not go on by itself: see
/// ``SagaManager/decide(_:_:because:in:)``.
///
/// Prefer ``retry`` when the cause was mended at the participant, ``skip`` when somebody has done
/// the step by other means, ``rollback`` when the saga is to be undone, and ``abandon`` when
/// nothing else is possible. Each is kept with its reason in the store, for good.
public enum SagaDecision: String, CaseIterable, Hashable, Sendable {
    /// Goes on where the saga stands: the compensation of a failed saga is sent again, and so is
    /// the outstanding command of one that is stuck.
    case retry
    /// Sends the outstanding command once more, built anew from the step and the data. A
    /// participant that has handled the first one handles this one, too.
    case resend
    /// Counts the step under way as done, or its compensation as done. The operator answers for it.
    case skip
    /// Undoes what was done. The step under way counts as one that has timed out, so its
    /// compensation is sent as well, unless its command was refused or, as ``SagaOutlook`` tells,
    /// never handled. Not possible for a saga that rolls back already, or has failed.
    case rollback
    /// Ends the saga as failed, and frees its locks: it will never go on. What was done stays done.
    case abandon
}

/// What is known about a saga when an operator decides about it: see ``Relay/outlook(of:_:)``.
///
/// It is a picture of one moment. A decision takes the outlook that it was made on, and is refused
/// with ``SagaError/hasMoved(_:)`` when the saga has moved since.
public struct SagaOutlook: Sendable {
    /// Where the saga stands.
    public let overview: SagaOverview
    /// The command whose reply is missing: the one that is awaited or, of a saga that has failed
    /// because no reply to a compensation came in time, that compensation's. Nil when no reply is
    /// missing.
    public let request: MessageID?
    /// The outstanding command, or its reply, while it is on its way: pending, failed, held behind
    /// another, parked or stashed. Nil when nothing will come. A parked message needs a decision
    /// about the dead letter, not about the saga.
    public let onItsWay: MessageHeading?
    /// The subscribers whose inbox shows the outstanding command as handled: one that is sent again
    /// is handled again there.
    public let handledBy: [String]
    /// Whether it is certain that the outstanding command was never handled, and never will be: an
    /// operator has discarded it, and no inbox shows it handled.
    package let requestIsVoid: Bool
    /// Whether an operator has abandoned the saga, which is final.
    public let isAbandoned: Bool
    /// Whether all stores could be read. If not, something may be on its way that is not known
    /// here, and only ``SagaDecision/skip`` and ``SagaDecision/abandon`` are possible.
    public let isComplete: Bool

    package init(
        _ overview: SagaOverview, request: MessageID? = nil, onItsWay: MessageHeading? = nil,
        handledBy: [String] = [], requestIsVoid: Bool = false, isAbandoned: Bool = false,
        isComplete: Bool = true
    ) {
        self.overview = overview
        self.request = request
        self.onItsWay = onItsWay
        self.handledBy = handledBy
        self.requestIsVoid = requestIsVoid
        self.isAbandoned = isAbandoned
        self.isComplete = isComplete
    }

    /// Whether the saga will not move unless somebody helps: it has failed and was not abandoned,
    /// or it waits for nothing.
    public var isStuck: Bool {
        if case .failed = overview.state { !isAbandoned } else { waitsForNothing }
    }

    /// Whether the saga has not ended, and nothing will move it: no command or reply is on its way,
    /// no deadline will pass, and its step will not be tried again. False where not all stores
    /// could be read.
    public var waitsForNothing: Bool {
        !overview.state.isEnd && isComplete && onItsWay == nil && overview.deadline == nil
            && overview.retryAt == nil
    }
}

/// A decision that was carried out. The saga's store keeps it also when the saga itself was purged:
/// see ``Sagas/decisions(in:)``.
public struct SagaDecisionRecord: Hashable, Sendable {
    /// The saga about which was decided.
    public let saga: SagaReference
    /// What was carried out. A retry of a saga that had not failed is kept as a resend, which it
    /// was.
    public let decision: SagaDecision
    /// The step at which the saga stood; nil when its row did not say.
    public let step: String?
    /// Why, in the operator's words; may be empty.
    public let reason: String
}

/// The table `saga_decision`, which is only ever appended to: it has no reference to the instance,
/// and outlives it.
struct SagaDecisions {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Keeps a decision, in the transaction that carries it out.
    func append(_ record: SagaDecisionRecord) throws {
        try transaction.execute(
            """
            INSERT INTO saga_decision
                (saga_type, saga_id, decision, step_name, reason, creation_time)
            VALUES
                (\(record.saga.type), \(record.saga.id), \(record.decision.stored),
                 \(record.step), \(record.reason), \(Int(transaction.now.milliseconds)))
            """)
    }

    /// All decisions about all sagas, oldest first. A word that this version of the library does
    /// not know is passed over.
    func all() throws -> [SagaDecisionRecord] {
        try transaction.rows(
            "SELECT saga_type, saga_id, decision, step_name, reason FROM saga_decision ORDER BY id"
        ).compactMap {
            let (type, id, word, step, reason): (String, String, String, String?, String) =
                try $0.values()
            guard let decision = SagaDecision.allCases.first(where: { $0.stored == word })
            else { return nil }
            return SagaDecisionRecord(
                saga: SagaReference(type: type, id: id), decision: decision, step: step,
                reason: reason)
        }
    }

    /// Whether anything was decided about a saga. The index `saga_decision_saga_idx` finds it.
    func exist(about saga: SagaReference) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 FROM saga_decision WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            LIMIT 1
            """
        ).isEmpty
    }

    /// Whether an operator has abandoned a saga.
    func isAbandoned(_ saga: SagaReference) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 FROM saga_decision
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
                AND decision = \(SagaDecision.abandon.stored)
            """
        ).isEmpty
    }
}

extension SagaDecision {
    /// The word in the table: `rolled-back`.
    fileprivate var stored: String { participle.replacing(" ", with: "-") }

    /// What the decision has done to the saga, in words: `rolled back`.
    package var participle: String {
        switch self {
        case .retry: "retried"
        case .resend: "resent"
        case .skip: "skipped"
        case .rollback: "rolled back"
        case .abandon: "abandoned"
        }
    }
}

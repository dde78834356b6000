/// What an operator can decide about a saga that does not go on by itself.
public enum SagaDecision: String, CaseIterable, Hashable, Sendable {
    /// Take it up where it stands: a failed saga's compensation is sent again, a stuck one's
    /// outstanding command too.
    case retry
    /// Send the outstanding command once more, built anew from the step.
    case resend
    /// The step under way counts as done, or its compensation as done.
    case skip
    /// Undo what was done: the step under way counts as one that timed out, unless its command was refused
    /// or, as ``SagaOutlook`` tells, never handled.
    case rollback
    /// End it as failed, and free its locks: it will never go on.
    case abandon
}

/// What is known about a saga when an operator decides about it: see ``Relay/outlook(of:_:)``.
public struct SagaOutlook: Sendable {
    /// Where it stands.
    public let overview: SagaOverview
    /// The command whose reply is missing: the one that is awaited or, of a saga that has failed because
    /// no reply to a compensation came in time, that compensation's. Nil when no reply is missing.
    public let request: MessageID?
    /// The outstanding command, or its reply, while it is on its way: pending, failed, held behind
    /// another, parked or stashed. Nil when nothing will come.
    public let onItsWay: MessageHeading?
    /// The subscribers whose inbox shows the outstanding command as handled: one that is sent again is
    /// handled again.
    public let handledBy: [String]
    /// Whether it is certain that the outstanding command was never handled, and never will be: an
    /// operator has discarded it, and no inbox shows it handled.
    package let requestIsVoid: Bool
    /// Whether an operator has given it up: that is for good.
    public let isAbandoned: Bool
    /// Whether all stores could be read: else something may be on its way that is not known.
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

    /// Whether the saga will not move unless somebody helps: it has failed, or it waits for nothing.
    public var isStuck: Bool {
        if case .failed = overview.state { !isAbandoned } else { waitsForNothing }
    }

    /// Whether the saga has not ended, and nothing will move it: no command or reply is on its way, no
    /// deadline will pass, and its step will not be tried again.
    public var waitsForNothing: Bool {
        !overview.state.isEnd && isComplete && onItsWay == nil && overview.deadline == nil
            && overview.retryAt == nil
    }
}

/// A decision that was carried out, as the saga's store keeps it also when the saga is gone.
public struct SagaDecisionRecord: Hashable, Sendable {
    /// The saga about which it was decided.
    public let saga: SagaReference
    /// A retry of a saga that has not failed is kept as a resend.
    public let decision: SagaDecision
    /// The step that it was about.
    public let step: String?
    /// Why, in the operator's words; may be empty.
    public let reason: String
}

/// The table `saga_decision`.
struct SagaDecisions {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

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

    /// All decisions about all sagas, in their order.
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

    /// Whether anything was decided about a saga.
    func exist(about saga: SagaReference) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 FROM saga_decision WHERE saga_type = \(saga.type) AND saga_id = \(saga.id)
            LIMIT 1
            """
        ).isEmpty
    }

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
    /// As the table has it: `rolled-back`.
    fileprivate var stored: String { participle.replacing(" ", with: "-") }

    /// What the saga was: `skipped`.
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

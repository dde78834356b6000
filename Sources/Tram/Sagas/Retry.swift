/// Why a step's command is sent again, where that is not one certain reply: see
/// `Step.retrying(_:on:after:backoff:)`.
public enum RetryCause: Hashable, Sendable {
    /// A refusal by any reply that no other retry of the step names.
    case anyRefusal
    /// No reply came before the step's ``Step/deadline(_:)``. The participant may have done what
    /// was asked for all the same, so its handler must do nothing the second time.
    case deadline

    var cause: Retry.Cause {
        switch self {
        case .anyRefusal: .anyRefusal
        case .deadline: .deadline
        }
    }
}

/// When, and how often, a step's command is sent again before a refusal or a deadline counts.
///
/// Retries of one step are independent: each cause has its own count, its own wait and its own
/// backoff. Counts begin anew when the saga moves to another operation.
struct Retry: Hashable, Sendable {
    enum Cause: Hashable, Sendable {
        /// A refusal by the reply of this type, the present name of it.
        case refusal(String)
        /// A refusal by any other reply.
        case anyRefusal
        /// The deadline of the step, without a reply.
        case deadline
    }

    let cause: Cause
    /// How often the command is sent again for this cause, from 1.
    let times: Int
    /// How long to wait before the first time.
    let wait: Duration
    /// By what each further wait is multiplied: 1 for waits of one length.
    let backoff: Int

    /// How long to wait before the command is sent for the nth time more, with n from 1. The wait
    /// grows up to a year. A factor above a million counts as a million, so that the product cannot
    /// overflow.
    func wait(before attempt: Int) -> Duration {
        let longest = Duration.seconds(365 * 86_400)
        if backoff <= 1 || wait >= longest { return wait }
        var wait = wait
        for _ in stride(from: 1, to: attempt, by: 1) where wait < longest {
            wait = Swift.min(wait * Swift.min(backoff, 1_000_000), longest)
        }
        return wait
    }

    /// Whether the retry can happen at all: once or more, after no negative wait, with a backoff of
    /// 1 or more.
    var isSensible: Bool { times >= 1 && wait >= .zero && backoff >= 1 }
}

/// How often the operation that a saga has under way was sent again, and for which causes. Kept as
/// JSON in the column `retries`, with the total in the column `attempts`.
struct RetryCounts: Codable, Hashable, Sendable {
    /// After refusals that a retry names, by the reply's type.
    private var refusals: [String: Int] = [:]
    /// After other refusals.
    private var otherRefusals = 0
    /// After deadlines.
    private var deadlines = 0
    /// Whether a command was sent again though no reply to the one before has come. That one may
    /// have been handled, so a later refusal does not prove that nothing has happened, and the
    /// step's compensation is sent as well.
    var isInDoubt = false

    init() {}

    /// Counts of a row that was written before causes were told apart.
    init(attempts: Int) {
        otherRefusals = attempts
    }

    /// How often the operation was sent again in all.
    var total: Int { refusals.values.reduce(otherRefusals + deadlines, +) }

    subscript(cause: Retry.Cause) -> Int {
        get {
            switch cause {
            case .refusal(let reply): refusals[reply] ?? 0
            case .anyRefusal: otherRefusals
            case .deadline: deadlines
            }
        }
        set {
            switch cause {
            case .refusal(let reply): refusals[reply] = newValue
            case .anyRefusal: otherRefusals = newValue
            case .deadline: deadlines = newValue
            }
        }
    }
}

extension Step.Operation {
    /// The retry for a refusal by a reply of this type: the one that names it, or else the one for
    /// any refusal.
    func retry(afterRefusalBy reply: String) -> Retry? {
        retries.first { $0.cause == .refusal(reply) } ?? retries.first { $0.cause == .anyRefusal }
    }

    /// The retry for a deadline that has passed.
    var retryAfterDeadline: Retry? { retries.first { $0.cause == .deadline } }
}

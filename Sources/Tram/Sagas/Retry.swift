/// What besides a certain reply may let a step's command be sent again.
public enum RetryCause: Hashable, Sendable {
    /// A refusal by any reply that no other retry of the step names.
    case anyRefusal
    /// No reply came before the deadline.
    case deadline

    var cause: Retry.Cause {
        switch self {
        case .anyRefusal: .anyRefusal
        case .deadline: .deadline
        }
    }
}

/// When, and how often, a step's command is sent again.
struct Retry: Hashable, Sendable {
    enum Cause: Hashable, Sendable {
        /// A refusal by the reply of this type.
        case refusal(String)
        /// A refusal by any other reply.
        case anyRefusal
        case deadline
    }

    let cause: Cause
    /// How often.
    let times: Int
    /// How long it is waited before the first time.
    let wait: Duration
    /// How many times as long as before it is waited each further time.
    let backoff: Int

    /// How long it is waited before the command is sent for the nth time more, with n from 1. It grows
    /// up to a year.
    func wait(before attempt: Int) -> Duration {
        let longest = Duration.seconds(365 * 86_400)
        if backoff <= 1 || wait >= longest { return wait }
        var wait = wait
        for _ in stride(from: 1, to: attempt, by: 1) where wait < longest {
            wait = Swift.min(wait * Swift.min(backoff, 1_000_000), longest)
        }
        return wait
    }

    /// Whether it says something that can be done.
    var isSensible: Bool { times >= 1 && wait >= .zero && backoff >= 1 }
}

/// How often the operation that a saga has under way was sent again, and why.
struct RetryCounts: Codable, Hashable, Sendable {
    /// After refusals that a retry names, by the reply's type.
    private var refusals: [String: Int] = [:]
    /// After other refusals.
    private var otherRefusals = 0
    /// After deadlines.
    private var deadlines = 0
    /// Whether a command was sent again though nothing was heard of the one before: that one may have
    /// been handled.
    var isInDoubt = false

    init() {}

    /// Counts of a row from before causes were told apart.
    init(attempts: Int) {
        otherRefusals = attempts
    }

    /// How often in all.
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
    /// What is to be tried again after a refusal by a reply of this type.
    func retry(afterRefusalBy reply: String) -> Retry? {
        retries.first { $0.cause == .refusal(reply) } ?? retries.first { $0.cause == .anyRefusal }
    }

    /// What is to be tried again after the deadline.
    var retryAfterDeadline: Retry? { retries.first { $0.cause == .deadline } }
}

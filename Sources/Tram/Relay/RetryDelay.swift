/// When to try again what has failed: after a second, then at twice the distance each time, up to a
/// minute (exponential backoff, without jitter, since no two relays work at once).
///
/// Time is given in milliseconds of any clock that does not go back. A success resets the delay.
package struct RetryDelay {
    private static let first: Int64 = 1000
    private let longest: Int64

    /// How long the next wait will be, in milliseconds.
    private var delay = first
    /// When to try again; nil while nothing is scheduled.
    private var retryAt: Int64?

    /// A delay for failed deliveries.
    package init() {
        self.init(longest: 60_000)
    }

    private init(longest: Int64) {
        self.longest = longest
    }

    /// A delay for services that are away: they are looked for every second, since asking is cheap
    /// and a service that is back should not wait for a minute.
    package static var ofAbsences: RetryDelay { RetryDelay(longest: first) }

    /// Call after every pass; returns whether to try again now. The first call after a failure only
    /// begins the wait.
    ///
    /// - Parameters:
    ///   - hasFailed: whether something has failed and was not tried again since.
    ///   - now: the time in milliseconds.
    package mutating func isDue(hasFailed: Bool, now: Int64) -> Bool {
        guard hasFailed else {
            delay = Self.first
            retryAt = nil
            return false
        }
        guard let time = retryAt else {
            retryAt = now + delay
            delay = min(2 * delay, longest)
            return false
        }
        guard now >= time else { return false }
        retryAt = nil
        return true
    }
}

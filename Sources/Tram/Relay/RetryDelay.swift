/// When to try again what has failed: after a second, then at twice the distance each time, up to a
/// minute. Time is given in milliseconds of any clock that does not go back.
package struct RetryDelay {
    private static let first: Int64 = 1000
    private let longest: Int64

    private var delay = first
    private var retryAt: Int64?

    package init() {
        self.init(longest: 60_000)
    }

    private init(longest: Int64) {
        self.longest = longest
    }

    /// For services that are away: they are looked for every second.
    package static var ofAbsences: RetryDelay { RetryDelay(longest: first) }

    /// Call after every pass; returns whether to try again now.
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

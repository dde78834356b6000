/// When to try again what has failed: after a second, then at twice the distance each time, up to a
/// minute. Time is given in milliseconds of any clock that does not go back.
package struct RetryDelay {
    private static let first: Int64 = 1000
    private static let longest: Int64 = 60_000

    private var delay = first
    private var retryAt: Int64?

    package init() {}

    /// To be told after each pass what it left behind.
    ///
    /// - Returns: whether it is time to try again.
    package mutating func isDue(hasFailed: Bool, now: Int64) -> Bool {
        guard hasFailed else {
            delay = Self.first
            retryAt = nil
            return false
        }
        guard let time = retryAt else {
            retryAt = now + delay
            delay = min(2 * delay, Self.longest)
            return false
        }
        guard now >= time else { return false }
        retryAt = nil
        return true
    }
}

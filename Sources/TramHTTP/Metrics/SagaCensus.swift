internal import Platform
internal import Synchronization

/// How many sagas need help, counted now and then. To count them each pending message is looked at, so it takes
/// the longer the more are pending: a count is kept for ten times as long as it took, and scrapes that come often
/// spend a tenth of a thread on it at the most.
final class SagaCensus: Sendable {
    private struct Count {
        let readings: [Scrape.Reading]
        /// On the monotonic clock, in milliseconds.
        let expires: Int64
    }

    private let last = Mutex<Count?>(nil)

    /// The last count, or a new one when that is too old.
    ///
    /// - Parameter now: the monotonic time in milliseconds.
    func readings(
        now: () -> Int64 = MonotonicTime.now, _ count: () throws -> [Scrape.Reading]
    ) rethrows -> [Scrape.Reading] {
        let start = now()
        if let last = last.withLock({ $0 }), start < last.expires { return last.readings }
        let readings = try count()
        let end = now()
        last.withLock { $0 = Count(readings: readings, expires: end + 10 * (end - start)) }
        return readings
    }
}

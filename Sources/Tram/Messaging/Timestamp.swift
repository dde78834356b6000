/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Stores, messages and deadlines all use it. The library never asks the system for the time: a
/// ``Transaction`` says what time it is (``Transaction/now``), from the clock that its store was
/// given.
public struct Timestamp: Hashable, Sendable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
    public let milliseconds: Int64

    /// The time so many milliseconds after 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The time after a duration, which is cut to whole milliseconds.
    ///
    /// A sum that is too far away is the last time that there is, or the first for a negative
    /// duration: it does not trap, so any timeout can be added.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (sum, isTooFar) = time.milliseconds.addingReportingOverflow(
            Int64(duration.milliseconds))
        if isTooFar { return Timestamp(milliseconds: duration < .zero ? .min : .max) }
        return Timestamp(milliseconds: sum)
    }

    /// The time to the second in the form of HTTP's `Date` header, for example `Wed, 01 Jan 2020
    /// 12:04:55 GMT` (IMF-fixdate, RFC 9110 section 5.6.7).
    ///
    /// It is the form of the header ``MessageHeader/date``. Times before 1970 are not supported.
    public var httpDate: String {
        let parts = self.parts
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][parts.daysSinceEpoch % 7]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][parts.month - 1]
        return "\(weekday), \(padded(parts.day, 2)) \(month) \(parts.year) \(parts.clock) GMT"
    }

    /// The time to the millisecond for people and logs, for example `2020-01-01T12:04:55.612Z` (RFC
    /// 3339).
    ///
    /// Times before 1970 are not supported.
    public var rfc3339: String {
        let parts = self.parts
        return "\(parts.year)-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
            + "T\(parts.clock).\(padded(Int(milliseconds % 1000), 3))Z"
    }

    /// The civil date and the time of day in UTC.
    ///
    /// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin on the
    /// first of March, so that a leap day comes last. 719 468 days lie between 0000-03-01 and
    /// 1970-01-01, and 146 097 days are an era of 400 years.
    private var parts: (daysSinceEpoch: Int, year: Int, month: Int, day: Int, clock: String) {
        let seconds = max(0, Int(milliseconds / 1000))
        let days = seconds / 86_400
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + 400 * era + (month <= 2 ? 1 : 0)
        let clock = [seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60]
            .map { padded($0, 2) }.joined(separator: ":")
        return (days, year, month, day, clock)
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Duration {
    /// The duration in whole milliseconds, cut toward zero; the greatest or least number where it
    /// is too long for one.
    package var milliseconds: Int {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isTooLongNow) = whole.addingReportingOverflow(
            attoseconds / 1_000_000_000_000_000)
        return Int(isTooLong || isTooLongNow ? (seconds < 0 ? .min : .max) : sum)
    }
}

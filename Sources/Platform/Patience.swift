/// How long a command may still wait for other processes: one bound for all the locks that it takes, one
/// after another, so that three of them are not waited for three times as long.
package final class Patience {
    /// How long it is at first, in milliseconds.
    package let limit: Int
    /// In nanoseconds.
    private var spent: Int64 = 0

    package init(milliseconds: Int) {
        limit = milliseconds
    }

    /// What is left of it, in milliseconds.
    package var left: Int { max(0, limit - Int(spent / 1_000_000)) }

    /// Runs `body`, which waits at most for what is left, and counts the time that it takes.
    package func wait<Result, Failure>(
        _ body: (_ left: Int) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = MonotonicTime.nanoseconds()
        defer { spent += MonotonicTime.nanoseconds() - start }
        return try body(left)
    }

    /// Begins anew: something was committed, or the next work begins that has a bound of its own.
    package func renew() {
        spent = 0
    }
}

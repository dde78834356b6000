/// The wall clock.
package enum SystemClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package static func now() -> Int64 { Platform.nanoseconds(of: CLOCK_REALTIME) / 1_000_000 }
}

/// A clock that never goes back, for timeouts.
package enum MonotonicTime {
    /// Milliseconds since some fixed instant.
    package static func now() -> Int64 { nanoseconds() / 1_000_000 }

    /// Nanoseconds since the same instant.
    package static func nanoseconds() -> Int64 { Platform.nanoseconds(of: CLOCK_MONOTONIC) }

    /// Sleeps for about that long; a signal that is handled ends the sleep early.
    package static func sleep(milliseconds: Int) {
        usleep(UInt32(milliseconds) * 1000)
    }
}

private func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

extension Duration {
    /// The duration as a time to wait, in whole milliseconds: none when it is negative, and some thirty
    /// years at the most, so that it can be added to a time.
    package var millisecondsToWait: Int {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        guard seconds < 1_000_000_000 else { return 1_000_000_000_000 }
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}

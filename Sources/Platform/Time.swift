/// The wall clock.
package enum SystemClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package static func now() -> Int64 { milliseconds(of: CLOCK_REALTIME) }
}

/// A clock that never goes back, for timeouts.
package enum MonotonicTime {
    /// Milliseconds since some fixed instant.
    package static func now() -> Int64 { milliseconds(of: CLOCK_MONOTONIC) }

    /// Sleeps for about that long; a signal that is handled ends the sleep early.
    package static func sleep(milliseconds: Int) {
        usleep(UInt32(milliseconds) * 1000)
    }
}

private func milliseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

import Testing
import Tram

@Suite struct RetryDelayTests {
    @Test func `it waits a second, then twice as long each time, up to a minute`() {
        var delay = RetryDelay()
        var now: Int64 = 1_000_000
        var waits: [Int64] = []
        for _ in 1...8 {
            let failed = now
            _ = delay.isDue(hasFailed: true, now: now)
            while !delay.isDue(hasFailed: true, now: now) { now += 100 }
            waits.append(now - failed)
        }
        #expect(waits == [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    }

    @Test func `when nothing fails any more it begins anew`() {
        var delay = RetryDelay()
        let answers = [
            (true, 0), (true, 1000), (false, 1001), (true, 2000), (true, 2999), (true, 3000),
        ].map { delay.isDue(hasFailed: $0.0, now: $0.1) }
        #expect(answers == [false, true, false, false, false, true])
    }
}

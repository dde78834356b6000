import Synchronization
import Testing
import TramWorkbench

@testable import TramHTTP

/// A scrape's cost does not grow with the backlog as often as somebody scrapes.
@Suite struct SagaCensusTests {
    @Test func `a count is kept for ten times as long as it took`() {
        let time = Mutex<Int64>(0)
        let counts = Mutex(0)
        let census = SagaCensus()
        func look() -> Int {
            census.readings(now: { time.withLock { $0 } }) {
                time.withLock { $0 += 30 }
                let count = counts.withLock { counts in
                    counts += 1
                    return counts
                }
                return [Scrape.Reading(.sagasNeedingHelp, count, ["need": "stuck"])]
            }[0].value.value
        }
        #expect(look() == 1)
        time.withLock { $0 += 299 }
        #expect(look() == 1)
        time.withLock { $0 += 1 }
        #expect(look() == 2)
    }
}

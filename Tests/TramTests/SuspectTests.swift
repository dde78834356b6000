import Synchronization
import TestSupport
import Testing
import Tram
import TramSQLite

/// A message whose handler has ended a process is delivered last, and what waits behind it then goes on.
@Suite struct SuspectTests {
    /// Tells once of a delivery that has ended a process.
    private final class Journal: DeliveryJournal {
        private let fatal: Mutex<FatalDelivery?>

        init(_ message: MessageID) {
            fatal = Mutex(
                FatalDelivery(message: message, subscriber: "listener", cause: "SIGILL"))
        }

        func begin(_ message: MessageID, for subscriber: String) {}
        func end() {}

        func takeFatalDelivery() -> FatalDelivery? {
            fatal.withLock { fatal in
                defer { fatal = nil }
                return fatal
            }
        }
    }

    @Test func `what waited behind a suspect that succeeds is delivered in the same run`() throws {
        let relayed = try Relayed()
        try relayed.publish(4, about: 8)
        for number in 1...3 { try relayed.publish(number, about: 7) }
        let suspect = MessageID(service: "sender", number: 2)
        let run = relayed.relay.run(journal: Journal(suspect))

        let first = try relayed.pass(run)
        #expect(first.deliveries.last == "sender:2>listener handled")
        #expect(first.summary.held > 0, "its successors come after it")
        while try !relayed.pass(run).summary.isIdle {}
        #expect(try relayed.heard() == [4, 1, 2, 3])
        #expect(try relayed.relay.pendingCount() == 0)
    }
}

internal import Tram
internal import TramSQLite

/// A service under test beside one that only sends, and the real relay between them.
///
/// The sender's store is in memory, and shares the clock of the test. Both stores are wrapped, so
/// that they can die, and every subscriber, so that it can fail. Each pass is a run of its own, as
/// in a process of its own: nothing that a former pass had in memory helps the next one.
final class TestBench {
    /// The store of the service under test, as it is: what a test reads and writes by itself never
    /// dies.
    let store: any Store
    let clock: TestClock
    private let sender: InMemoryStore
    /// The sender's store, as the relay sees it.
    private let mortalSender: DyingStore
    /// The service's store, as the relay sees it.
    private let mortalStore: DyingStore
    private let failures = FailingSubscriber.Failures()
    private let relay: Relay
    /// The number of the last message of the service's outbox that the test has looked at.
    private var seen = 0

    /// Connects the service under test.
    ///
    /// - Parameters:
    ///   - store: its store; nil for one in memory, with the library's tables and these.
    ///   - tables: statements for a store in memory.
    ///   - clock: of the stores in memory.
    ///   - subscribers: of the service under test.
    init(
        _ store: (any Store)?, tables: [String], clock: TestClock,
        subscribers: [any Subscriber]
    ) throws {
        func inMemory(_ name: String, _ tables: [String]) throws -> InMemoryStore {
            try InMemoryStore(
                name,
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: [Migration(tables)]), clock: { clock.now })
        }
        let store = try store ?? inMemory("test", tables)
        self.store = store
        self.clock = clock
        sender = try inMemory("sender", [])
        mortalSender = DyingStore(sender)
        mortalStore = DyingStore(store)
        let failures = failures
        relay = try Relay(partOfSystem: [
            Service(store: mortalSender, subscribers: []),
            Service(
                store: mortalStore,
                subscribers: subscribers.map {
                    FailingSubscriber(subscriber: $0, failures: failures)
                }),
        ])
        // The first pass introduces the stores to one another; no mishap should hit that.
        try relay.runUntilIdle()
        seen = try store.read { try Outbox($0).highestNumber() }
    }

    // MARK: Delivering

    /// Sends a message to the service, and has it delivered, whatever goes wrong on the way.
    ///
    /// - Returns: what came of it in the end: of two deliveries, the one that was no duplicate.
    /// - Throws: ``Unexpected`` when the library does not cope with the mishap as it promises.
    func deliver(
        despite mishap: Mishap?, _ send: (any Transaction) throws -> Void
    ) throws -> Delivery {
        try sender.write(send)
        switch mishap {
        case nil: return try deliverOnce()
        case .deliveredTwice:
            let message = try newest()
            let delivery = try deliverOnce()
            try sender.write { transaction in
                _ = try transaction.execute(
                    "UPDATE message SET published = 0 WHERE id = \(message.id.number)")
            }
            try expectDuplicate(try deliverOnce())
            return delivery
        case .diedBeforeCommit:
            mortalStore.diesBeforeCommit = true
            try die()
            mortalStore.diesBeforeCommit = false
            return try deliverOnce()
        case .diedBeforeMark:
            mortalSender.diesBeforeWriting = true
            let delivery = try die()
            mortalSender.diesBeforeWriting = false
            try expectDuplicate(try deliverOnce())
            guard let delivery else { throw Unexpected("nobody received the message") }
            return delivery
        case .failed(let times):
            failures.set(times)
            for _ in 0..<times {
                let delivery = try deliverOnce()
                guard delivery.receipt.outcome == .failed else {
                    throw Unexpected("the delivery did not fail: \(delivery.receipt.outcome)")
                }
            }
            return try deliverOnce()
        }
    }

    /// One pass, as of a process of its own, in which the newest message must be delivered.
    private func deliverOnce() throws -> Delivery {
        let message = try newest()
        var found: Delivery?
        try pass { delivery in
            if delivery.message.id == message.id { found = found ?? delivery }
        }
        guard let found, found.subscriber != nil else {
            throw Unexpected("nobody receives \(message.type)")
        }
        return found
    }

    /// A pass that does not come to its end.
    ///
    /// - Returns: the delivery of the newest message, when it was committed before; nil when it was not.
    @discardableResult
    private func die() throws -> Delivery? {
        let message = try newest()
        var committed: Delivery?
        do {
            try pass { delivery in
                if delivery.message.id == message.id { committed = committed ?? delivery }
            }
        } catch is DyingStore.Death {
            return committed
        }
        throw Unexpected("nothing was written, so the process could not die at it")
    }

    /// Delivers what the sender has sent. Nothing is parked, or a test of failures would end in a
    /// dead letter.
    private func pass(_ report: (Delivery) -> Void) throws {
        try relay.run(parking: .never).pass(.init(source: sender.name)) { event in
            if case .delivered(let delivery) = event { report(delivery) }
        }
    }

    /// The message that was sent last.
    private func newest() throws -> MessageHeading {
        try sender.read { transaction in
            let outbox = Outbox(transaction)
            let headings = try outbox.headings(after: outbox.highestNumber() - 1)
            guard let newest = headings.last else { throw Unexpected("no message was sent") }
            return newest
        }
    }

    /// Requires that the inbox has known the message.
    private func expectDuplicate(_ delivery: Delivery) throws {
        guard delivery.receipt.outcome == .duplicate else {
            throw Unexpected(
                "the message was not known when it came again: \(delivery.receipt.outcome) "
                    + delivery.receipt.effects.joined(separator: "; "))
        }
    }

    // MARK: What the service has sent

    /// The next message that the service has sent and that fits, if there is one; those before it
    /// are passed over for good.
    func nextMessage(where isWanted: (Message) -> Bool = { _ in true }) throws -> Message? {
        let found = try store.read { transaction in
            try Outbox(transaction).messages(after: seen, limit: .max).first {
                isWanted($0.message)
            }
        }
        guard let found else { return nil }
        seen = found.message.id.number
        return found.message
    }

    // MARK: Time

    /// Lets time pass for the stores in memory.
    func advance(by duration: Duration) {
        clock.now = clock.now + duration
    }
}

/// Time that passes only when the test lets it: the same in every run, so that what a test writes
/// is, too. It begins at the start of 2020.
final class TestClock {
    var now = Timestamp(milliseconds: 1_577_880_295_612)
}

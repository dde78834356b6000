import Testing
import Tram

@testable import TramSQLite

@Suite struct RelayTests {
    @Test func `a pass delivers what is pending at its beginning`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.publish(2, about: 2)
        let run = system.relay.run()
        let first = try system.pass(run)
        #expect(
            first.deliveries == [
                "sender:1>counter handled", "sender:1>listener handled",
                "sender:2>counter handled", "sender:2>listener handled",
            ])
        #expect(first.summary.messages == 2)
        #expect(first.summary.deliveries == 4)
        #expect(first.summary.pending == 2, "what the listener published waits for the next pass")
        #expect(try system.heard() == [1, 2])

        let second = try system.pass(run)
        #expect(second.summary.messages == 2)
        #expect(second.deliveries == ["receiver:1>nobody unheard", "receiver:2>nobody unheard"])
        #expect(second.summary.deliveries == 0)
        #expect(second.summary.pending == 0)
        #expect(try system.pass(run).summary.isIdle)
    }

    @Test(arguments: [1, 2, 3, 100])
    func `what is delivered does not depend on how many share a transaction`(chunk: Int) throws {
        let system = try Relayed(chunk: chunk)
        for number in [1, -2, 3, 0, 5] { try system.publish(number, about: number % 2) }
        let pass = try system.pass(system.relay.run())
        #expect(
            pass.deliveries == [
                "sender:1>counter handled", "sender:1>listener handled",
                "sender:2>counter handled", "sender:2>listener failed",
                "sender:3>counter handled", "sender:3>listener handled",
                "sender:4>counter handled", "sender:4>listener held",
                "sender:5>counter handled", "sender:5>listener handled",
            ])
        #expect(try system.heard() == [1, 3, 5])
    }

    @Test func `a failed delivery changes nothing and holds back only its aggregate`() throws {
        let system = try Relayed()
        try system.publish(-1, about: 1)
        try system.publish(2, about: 1)
        try system.publish(3, about: 2)
        let run = system.relay.run()
        let first = try system.pass(run)
        #expect(first.summary.failed == 1)
        #expect(first.summary.held == 1)
        #expect(try system.heard() == [3])
        #expect(try system.receiver.read { try Outbox($0).count() } == 1)
        let failures = try system.sender.read {
            try Outbox($0).failures(of: MessageID(service: "sender", number: 1))
        }
        #expect(failures.keys.sorted() == ["listener"])
        #expect(failures["listener"]?.attempts == 1)
        #expect(failures["listener"]?.error == "a negative number")

        // In the same run it is not tried again, and a later message of its aggregate waits.
        try system.publish(4, about: 1)
        let second = try system.pass(run)
        #expect(
            second.deliveries == [
                "sender:4>counter handled", "sender:4>listener held", "receiver:1>nobody unheard",
            ])

        // A new run tries again; other subscribers have handled it already.
        let again = try system.pass(system.relay.run())
        #expect(
            again.deliveries.prefix(2) == [
                "sender:1>counter duplicate", "sender:1>listener failed",
            ])
        #expect(try system.sender.read { try Outbox($0).failedCount() } == 1)
    }

    @Test func `a disk that is full is no failure of a handler, also when it hides the error`()
        throws
    {
        struct Hidden: Error {}
        let system = try Relayed()
        try system.publish(1, about: 1)
        let full = DomainEventHandlers(
            "full",
            [
                .on(Happened.self) { _, transaction in
                    do {
                        let text = String(repeating: "x", count: 100_000)
                        try transaction.execute("INSERT INTO mended VALUES (\(text))")
                    } catch { throw Hidden() }
                    return .handled("never")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: system.sender, subscribers: []),
            Service(store: system.receiver, subscribers: [full]),
        ])
        // From now on the store can have no more pages.
        try system.receiver.writer?.run("PRAGMA max_page_count = 1")
        #expect(throws: StoreError.full(path: ":memory:")) { try relay.run().pass() }
        #expect(try system.sender.read { try Outbox($0).failedCount() } == 0)
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 1)
        #expect(try system.receiver.read { try Inbox($0).count() } == 0)
    }

    @Test func `a store that cannot be written is no failure of a handler that hides it`() throws {
        struct Hidden: Error {}
        let system = try Relayed()
        try system.publish(1, about: 1)
        let refused = DomainEventHandlers(
            "refused",
            [
                .on(Happened.self) { _, transaction in
                    do {
                        // This error leaves the transaction open.
                        try transaction.execute("INSERT INTO mended VALUES ('x')")
                    } catch { throw Hidden() }
                    return .handled("never")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: system.sender, subscribers: []),
            Service(store: system.receiver, subscribers: [refused]),
        ])
        try system.receiver.writer?.run("PRAGMA query_only = ON")
        do {
            try relay.run().pass()
            Issue.record("the relay goes on")
        } catch StoreError.notWritable {}
        #expect(try system.sender.read { try Outbox($0).failedCount() } == 0)
    }

    @Test(arguments: [
        StoreError.full(path: "x"), .inputOutput(path: "x", detail: "y", atCommit: false),
        .busy(path: "x", waited: .milliseconds(1)), .damaged(path: "x", detail: "y"),
        .rolledBack(service: "x", detail: "y"),
    ])
    func `an error of a store that is not the transaction's own is the handler's`(
        error: StoreError
    ) throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.publish(2, about: 2)
        let elsewhere = DomainEventHandlers(
            "elsewhere",
            [
                .on(Happened.self) { event, _ in
                    if event.number == 1 { throw error }
                    return .handled("fine")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: system.sender, subscribers: []),
            Service(store: system.receiver, subscribers: [elsewhere]),
        ])
        let pass = try system.pass(relay.run())
        #expect(
            pass.deliveries == ["sender:1>elsewhere failed", "sender:2>elsewhere handled"])
        #expect(pass.summary.unavailable == [])
        let failures = try system.sender.read {
            try Outbox($0).failures(of: MessageID(service: "sender", number: 1))
        }
        #expect(failures["elsewhere"]?.attempts == 1)
        #expect(failures["elsewhere"]?.error == "\(error)")
    }

    @Test func `when its handler is mended a message is delivered, then its successors`() throws {
        let system = try Relayed()
        try system.publish(-1, about: 1)
        try system.publish(2, about: 1)
        try system.pass(system.relay.run())
        try system.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('listener')") }
        try system.pass(system.relay.run())
        #expect(try system.heard() == [-1, 2])
        #expect(try system.sender.read { try Outbox($0).failedCount() } == 0)
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 0)
    }

    @Test func `a delivery that was made but not marked is a duplicate without effect`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.pass(system.relay.run())
        // As after a crash between the subscriber's commit and the mark in the source.
        try system.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
        let pass = try system.pass(system.relay.run(), RelayRun.Bounds(source: "sender"))
        #expect(pass.summary.duplicates == 2)
        #expect(try system.heard() == [1])
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 0)
    }

    @Test func `a step makes the first delivery that has not been made`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        var steps: [String] = []
        for _ in 1...3 {
            try system.relay.run().step(RelayRun.Bounds(source: "sender")) {
                if case .delivered(let delivery) = $0 { steps.append(describe(delivery)) }
            }
        }
        #expect(steps == ["sender:1>counter handled", "sender:1>listener handled"])
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 0)
    }

    @Test func `a bound on messages is kept`() throws {
        let system = try Relayed(chunk: 2)
        for number in 1...5 { try system.publish(number, about: number) }
        let run = system.relay.run()
        let bounds = RelayRun.Bounds(source: "sender", messages: 3)
        #expect(try system.pass(run, bounds).summary.messages == 3)
        #expect(try system.heard() == [1, 2, 3])
        #expect(try system.pass(run, bounds).summary.messages == 2)
        #expect(try system.heard() == [1, 2, 3, 4, 5])
    }

    @Test func `an interruption ends a pass between two transactions`() throws {
        let system = try Relayed(chunk: 1)
        for number in 1...5 { try system.publish(number, about: number) }
        var asked = 0
        let bounds = RelayRun.Bounds {
            asked += 1
            return asked > 2
        }
        let pass = try system.pass(system.relay.run(), bounds)
        #expect(pass.summary.isInterrupted)
        #expect(try system.heard() == [1, 2])
    }

    @Test func `a rehearsal runs the handlers and changes nothing`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        let rehearsed = try system.relay.rehearse { try system.pass(system.relay.run()) }
        #expect(try system.heard() == [])
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 1)
        let real = try system.pass(system.relay.run())
        #expect(rehearsed.deliveries == real.deliveries)
        #expect(rehearsed.summary == real.summary)
    }

    @Test func `numbers are not used again after a purge`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.pass(system.relay.run())
        #expect(try system.relay.purge().freed.map(\.messages) == [1, 0])
        #expect(try system.sender.read { try !Outbox($0).isComplete() })
        try system.publish(2, about: 1)
        try system.pass(system.relay.run())
        #expect(try system.heard() == [1, 2])
    }

    @Test func `headers have the names of the original`() throws {
        let system = try Relayed()
        try system.publish(1, about: 7)
        let message = try system.sender.read {
            try Outbox($0).unpublished(after: 0, through: .max, limit: 1)
        }[0]
        #expect(
            message.headers == [
                "ID": "sender:1", "PARTITION_ID": "7", "DESTINATION": "Thing",
                "DATE": "Wed, 01 Jan 2020 12:04:55 GMT", "event-type": "Happened",
                "event-aggregate-type": "Thing", "event-aggregate-id": "7",
                "correlation-id": "sender:1",
            ])
        #expect(message.payload == #"{"number":1}"#)
    }
}

import TestSupport
import Testing
import Tram
import TramSQLite

/// One bad message stops nothing.
@Suite struct DeadLetterTests {
    let system: Relayed

    init() throws {
        system = try Relayed()
    }

    private func id(_ number: Int) -> MessageID { MessageID(service: "sender", number: number) }

    /// Makes whole runs, each a pass over the sender's outbox.
    @discardableResult
    private func run(
        times: Int = 1, parking: ParkingPolicy = ParkingPolicy(maxAttempts: 2)
    ) throws -> (deliveries: [String], summary: PassSummary) {
        var last: (deliveries: [String], summary: PassSummary)?
        for _ in 1...times {
            last = try system.pass(
                system.relay.run(parking: parking), RelayRun.Bounds(source: "sender"))
        }
        return try #require(last)
    }

    private func letters() throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        try system.relay.forEachDeadLetter { letters.append($0) }
        return letters
    }

    private func mend() throws {
        try system.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('listener')") }
    }

    // MARK: Parking

    @Test func `after its last attempt a message is parked, and only its aggregate waits`() throws {
        try system.publish(-1, about: 1)
        try system.publish(2, about: 1)
        try system.publish(3, about: 2)
        let first = try run()
        #expect(
            first.deliveries == [
                "sender:1>counter handled", "sender:1>listener failed",
                "sender:2>counter handled", "sender:2>listener held",
                "sender:3>counter handled", "sender:3>listener handled",
            ])
        #expect(first.summary.parked == 0)
        let second = try run()
        #expect(
            second.deliveries == [
                "sender:1>counter duplicate", "sender:1>listener parked",
                "sender:2>counter duplicate", "sender:2>listener held",
            ])
        #expect(second.summary.newlyParked == 1)
        #expect(second.summary.failed == 0)
        #expect(second.summary.parked == 1)
        #expect(second.summary.pending == 2, "the one behind it, and what the receiver has told")

        // Nobody looks at them any more; what comes for the aggregate waits as well.
        try system.publish(4, about: 1)
        let third = try run()
        #expect(third.deliveries == ["sender:4>counter handled", "sender:4>listener held"])
        #expect(try run().summary.isIdle)
        let letter = try #require(try letters().first)
        #expect(letter.message.id == id(1))
        #expect(letter.subscriber == "listener")
        #expect(letter.attempts == 2)
        #expect(letter.error == "a negative number")
        #expect(letter.holds == [id(2), id(4)])
        #expect(try system.sender.read { try Outbox($0).failedCount() } == 0)
    }

    @Test func `with no bound a delivery is tried for ever`() throws {
        try system.publish(-1, about: 1)
        #expect(try run(times: 9, parking: .never).deliveries.last == "sender:1>listener failed")
        // The bound counts all attempts, also those that were made without one.
        #expect(try run().deliveries.last == "sender:1>listener parked")
    }

    @Test func `a message without a receiver, and one that was changed, are parked too`() throws {
        try system.publish(1, about: 1)
        try system.sender.write { transaction in
            try transaction.execute("UPDATE message SET payload = '{}' WHERE id = 1")
            struct Lost: Command { static let commandType = "Lost" }
            try transaction.send(Lost(), to: "nowhere", orderedBy: "1", replyTo: "sender")
        }
        #expect(
            try run(times: 2).deliveries == [
                "sender:1>counter parked", "sender:1>listener parked", "sender:2>nobody parked",
            ])
        let last = try run()
        #expect(last.summary.isIdle)
        #expect(last.summary.pending == 0)
        #expect(last.summary.parked == 2)
    }

    // MARK: An operator's decisions

    @Test func `a retried message is delivered, and then what has waited for it, in order`() throws
    {
        for number in [-1, 2, 3] { try system.publish(number, about: 1) }
        try run(times: 2)
        try mend()
        #expect(try run().summary.isIdle, "nobody has decided yet")
        let retried = try system.relay.retry(DeadLetterSelection(message: id(1)))
        #expect(retried.map(\.message.id) == [id(1)])
        #expect(
            try run().deliveries.filter { $0.contains("listener") } == [
                "sender:1>listener handled", "sender:2>listener handled",
                "sender:3>listener handled",
            ])
        #expect(try system.heard() == [-1, 2, 3])
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 0)
        #expect(try letters() == [])
    }

    @Test func `a retried message has all its attempts again`() throws {
        try system.publish(-1, about: 1)
        try run(times: 2)
        try system.relay.retry(DeadLetterSelection(message: id(1), subscriber: "listener"))
        #expect(try run().deliveries.last == "sender:1>listener failed")
        #expect(try run().deliveries.last == "sender:1>listener parked")
    }

    @Test func `a run that goes on heeds what an operator decides meanwhile`() throws {
        try system.publish(-1, about: 1)
        try system.publish(2, about: 1)
        try run(times: 2)
        let watching = system.relay.run(parking: ParkingPolicy(maxAttempts: 2))
        try system.pass(watching)
        #expect(try system.pass(watching).summary.isIdle)
        try mend()
        try system.relay.retry(DeadLetterSelection())
        #expect(
            try system.pass(watching).deliveries.filter { $0.contains("listener") } == [
                "sender:1>listener handled", "sender:2>listener handled",
            ])
    }

    @Test func `what is retried while a run goes on is tried in it once, not again and again`()
        throws
    {
        try system.publish(-1, about: 1)
        let run = system.relay.run(parking: ParkingPolicy(maxAttempts: 1))
        #expect(try system.pass(run).deliveries.last == "sender:1>listener parked")
        try system.relay.retry(DeadLetterSelection())
        #expect(
            try system.pass(run).deliveries.filter { $0.contains("listener") } == [
                "sender:1>listener held"
            ])
        #expect(try system.pass(run).summary.isIdle)
        run.retryFailed()
        #expect(try system.pass(run).deliveries.last == "sender:1>listener parked")
    }

    @Test func `a decision in the middle of a pass lets nothing be overtaken`() throws {
        let system = try Relayed(chunk: 2)
        try system.publish(-1, about: 1)
        for _ in 1...2 {
            try system.pass(system.relay.run(parking: ParkingPolicy(maxAttempts: 2)))
        }
        for thing in 2...5 { try system.publish(1, about: thing) }
        try system.publish(9, about: 1)
        try system.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('listener')") }
        var isDecided = false
        try system.relay.run().pass(RelayRun.Bounds(source: "sender")) { event in
            // After the first chunk.
            guard case .delivered = event, !isDecided else { return }
            isDecided = true
            try system.relay.retry(DeadLetterSelection())
        }
        #expect(try system.heard().filter { $0 != 1 } == [-1, 9])
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 0)
    }

    @Test func `a message that everybody is done with since it was read is published`() throws {
        let system = try Relayed()
        try system.publish(-1, about: 1)
        for _ in 1...2 {
            try system.pass(system.relay.run(parking: ParkingPolicy(maxAttempts: 2)))
        }
        // There is somebody else to get it, and while he does an operator decides.
        try system.sender.write { _ = try $0.execute("UPDATE message SET aside = 0") }
        nonisolated(unsafe) let operators = system.relay
        let decider = DomainEventHandlers(
            "decider",
            [
                .on(Happened.self) { _, _ in
                    // In a thread of his own: a handler may not.
                    inParallel(1) { _ in _ = try? operators.discard(DeadLetterSelection()) }
                    return .handled("decided")
                }
            ])
        let relay = try Relay(wholeSystem: [
            system.relay.services[0],
            Service(store: try messagingStore("decider"), subscribers: [decider]),
            system.relay.services[1],
        ])
        let pass = try system.pass(relay.run())
        #expect(pass.deliveries == ["sender:1>counter duplicate", "sender:1>decider handled"])
        let entry = try system.sender.read { try Outbox($0).message(1) }
        #expect(entry?.isPublished == true)
    }

    @Test func `an edited payload goes to the one subscriber, and the message stays as it was`()
        throws
    {
        try system.publish(-7, about: 1)
        try run(times: 2)
        let before = try system.sender.read { try Outbox($0).message(1)?.message }
        let letter = try system.relay.edit(id(1), for: nil, payload: #"{"number":7}"#)
        #expect(letter.subscriber == "listener")
        var effects: [String] = []
        try system.relay.run().pass {
            if case .delivered(let delivery) = $0, delivery.subscriber == "listener" {
                effects += delivery.receipt.effects
            }
        }
        #expect(effects == ["7", "its payload was edited"])
        #expect(try system.heard() == [7])
        let after = try system.sender.read { try Outbox($0).message(1) }
        #expect(after?.message == before)
        #expect(after?.isPublished == true)
        #expect(
            try system.sender.read { try Outbox($0).edits(of: id(1)) } == [
                "listener": #"{"number":7}"#
            ])
        // The stores still agree about the message.
        try system.publish(1, about: 2)
        #expect(try run().deliveries.count == 2)
    }

    @Test func `a message that was spoiled can be delivered with another payload`() throws {
        try system.publish(5, about: 1)
        try system.sender.write { transaction in
            _ = try transaction.execute("UPDATE message SET payload = 'x' WHERE id = 1")
        }
        try run(times: 2)
        for subscriber in ["counter", "listener"] {
            try system.relay.edit(id(1), for: subscriber, payload: #"{"number":5}"#)
        }
        #expect(
            try run().deliveries == ["sender:1>counter handled", "sender:1>listener handled"])
        #expect(try system.heard() == [5])
        // Delivered once more, it is a duplicate.
        try system.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
        #expect(
            try run().deliveries == ["sender:1>counter duplicate", "sender:1>listener duplicate"])
    }

    @Test func `a discarded delivery is never made, also not by a redelivery, and others go on`()
        throws
    {
        for number in [-1, 2] { try system.publish(number, about: 1) }
        try run(times: 2)
        try system.relay.discard(DeadLetterSelection(message: id(1)))
        #expect(
            try run().deliveries == [
                "sender:1>counter duplicate", "sender:2>counter duplicate",
                "sender:2>listener handled",
            ])
        #expect(try system.heard() == [2])
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 0)
        #expect(try system.sender.read { try Outbox($0).discarded(of: id(1)) } == ["listener"])
        let redelivered = try system.relay.redeliver(to: "listener")
        #expect(redelivered.map(\.messages) == [0, 0])
    }

    @Test func `what is not parked cannot be decided about`() throws {
        try system.publish(-1, about: 1)
        try run()
        #expect(throws: DeadLetterError.notParked(id(1), subscriber: nil)) {
            try system.relay.retry(DeadLetterSelection(message: id(1)))
        }
        try run()
        #expect(throws: DeadLetterError.notParked(id(1), subscriber: "counter")) {
            try system.relay.discard(DeadLetterSelection(message: id(1), subscriber: "counter"))
        }
        try system.sender.write { _ = try $0.execute("UPDATE message SET payload = 'x'") }
        try system.publish(1, about: 2)
        try system.sender.write { _ = try $0.execute("UPDATE message SET payload = 'x'") }
        try run(times: 2)
        #expect(
            throws: DeadLetterError.ambiguous(id(2), subscribers: ["counter", "listener"])
        ) { try system.relay.edit(id(2), for: nil, payload: "{}") }
        #expect(try system.relay.retry(DeadLetterSelection(subscriber: "counter")).count == 1)
        #expect(try system.relay.retry(DeadLetterSelection()).count == 2)
        #expect(try system.relay.retry(DeadLetterSelection()).isEmpty)
    }

    @Test func `a parked message is redelivered to another subscriber whose store was put back`()
        throws
    {
        try system.publish(-1, about: 1)
        try run(times: 2)
        try system.sender.write { transaction in
            _ = try transaction.execute(
                "DELETE FROM received_messages WHERE consumer_id = 'counter'")
        }
        #expect(try system.relay.redeliver(to: "counter").map(\.messages) == [1, 0])
        #expect(try run().deliveries == ["sender:1>counter handled"])
        #expect(try run().summary.isIdle)
        #expect(try letters().count == 1)
    }

    @Test func `somebody is told of each dead letter once, and again when that fails`() throws {
        for thing in 1...3 { try system.publish(-1, about: thing) }
        let parking = ParkingPolicy(maxAttempts: 1, isToBeTold: true)
        try run(parking: parking)
        var told: [MessageID] = []
        try system.relay.tellOfDeadLetters { letter in
            told.append(letter.message.id)
            return letter.message.id != id(2)
        }
        #expect(told == [id(1), id(2), id(3)])
        told = []
        try system.relay.tellOfDeadLetters { letter in
            told.append(letter.message.id)
            return true
        }
        #expect(told == [id(2)])
        // What is parked while nobody is to be told is not told of later.
        try system.publish(-1, about: 4)
        try run(parking: ParkingPolicy(maxAttempts: 1))
        try system.relay.tellOfDeadLetters { _ in
            Issue.record("nobody was to be told")
            return true
        }
    }
}

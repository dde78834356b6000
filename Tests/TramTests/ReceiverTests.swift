import Testing
import Tram
import TramSQLite

/// A message that nobody receives is not lost in silence.
@Suite struct ReceiverTests {
    let sender: SQLiteStore
    let receiver: SQLiteStore

    init() throws {
        sender = try messagingStore("sender")
        receiver = try messagingStore("receiver")
    }

    private func services(_ subscribers: [any Subscriber] = []) throws -> [Service] {
        try [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: subscribers),
        ]
    }

    private func deliveries(_ run: RelayRun) throws -> [Delivery] {
        var deliveries: [Delivery] = []
        try run.pass {
            if case .delivered(let delivery) = $0 { deliveries.append(delivery) }
        }
        return deliveries
    }

    private func pending() throws -> Int {
        try sender.read { try Outbox($0).pendingCount() }
    }

    private let participant = CommandHandlers(
        "participant", on: .participant, [.on(Do.self) { _, _ in .success() }])

    @Test func `a command to a mistyped channel fails, stays, and is not purged`() throws {
        let relay = try Relay(wholeSystem: services([participant]))
        try sender.write { transaction in
            _ = try transaction.send(Do(step: 1), to: "particpant", orderedBy: "1")
            _ = try transaction.send(Do(step: 2), to: "particpant", orderedBy: "1")
            _ = try transaction.send(Do(step: 3), to: "particpant", orderedBy: "2")
        }
        let first = try deliveries(relay.run())
        #expect(first.map(\.receipt.outcome) == [.failed, .held, .failed])
        #expect(first.allSatisfy { $0.subscriber == nil })
        #expect(first[0].receipt.effects == ["nobody receives Do on channel particpant"])
        #expect(try pending() == 3)
        let purged = try relay.purge()
        #expect(purged.total == 0)
        #expect(purged.holds.map(\.reason) == [.failed, .pending])
        let failures = try sender.read { try Outbox($0).failedDeliveries(limit: 9) }
        #expect(failures.map(\.message.id.number) == [1, 3])
        #expect(failures.allSatisfy { $0.subscriber == nil && $0.failure.attempts == 1 })

        // Somebody serves the channel now.
        let mended = CommandHandlers(
            "mended", on: "particpant", [.on(Do.self) { _, _ in .success() }])
        let again = try deliveries(Relay(wholeSystem: services([participant, mended])).run())
        #expect(again.map(\.receipt.outcome) == [.handled, .handled, .handled])
        #expect(try sender.read { try Outbox($0).failedCount() } == 0)
        #expect(try pending() == 0)
    }

    @Test func `a reply that nobody awaits fails and stays`() throws {
        try sender.write { transaction in
            _ = try transaction.send(Do(step: 1), to: .participant, orderedBy: "1", replyTo: "x")
        }
        let run = try Relay(wholeSystem: services([participant])).run()
        #expect(try deliveries(run).map(\.receipt.outcome) == [.handled])
        let reply = try deliveries(run)
        #expect(reply.map(\.receipt.effects) == [["nobody receives Success on channel x"]])
        #expect(try receiver.read { try Outbox($0).pendingCount() } == 1)
    }

    @Test func `an event that nobody hears is told, and done with`() throws {
        try sender.write { _ = try $0.publish(Happened(number: 1), about: 1) }
        let heard = try deliveries(Relay(wholeSystem: services()).run())
        #expect(heard.map(\.receipt.outcome) == [.unheard])
        #expect(heard.map(\.subscriber) == [nil])
        #expect(try pending() == 0)
    }

    @Test func `a step tells of a message without receiver, once`() throws {
        try sender.write { transaction in
            _ = try transaction.publish(Happened(number: 1), about: 1)
            _ = try transaction.send(Do(step: 1), to: "nowhere", orderedBy: "1")
        }
        let run = try Relay(wholeSystem: services()).run()
        var outcomes: [DeliveryOutcome] = []
        for _ in 1...3 {
            try run.step {
                if case .delivered(let delivery) = $0 { outcomes.append(delivery.receipt.outcome) }
            }
        }
        #expect(outcomes == [.unheard, .failed])
    }

    @Test func `a relay of a part of the system leaves pending what others may hear`() throws {
        try sender.write { _ = try $0.publish(Happened(number: 1), about: 1) }
        let part = try Relay(partOfSystem: [Service(store: sender, subscribers: [])])
        #expect(try deliveries(part.run()).isEmpty)
        #expect(try part.run().step().isIdle)
        #expect(try pending() == 1)
    }

    @Test func `a relay from which a service was forgotten marks nothing that it may hear`() throws
    {
        let listener = DomainEventHandlers(
            "listener", [.on(Happened.self) { _, _ in .handled("heard") }])
        // Once all of them have met, the stores know who belongs to the system.
        try Relay(wholeSystem: services([listener])).run().pass()
        try sender.write { _ = try $0.publish(Happened(number: 1), about: 1) }
        let forgetful = try Relay(wholeSystem: [Service(store: sender, subscribers: [])])
        #expect(try deliveries(forgetful.run()).isEmpty)
        #expect(try pending() == 1)
        let whole = try Relay(wholeSystem: services([listener]))
        #expect(try deliveries(whole.run()).map(\.receipt.outcome) == [.handled])
        #expect(try pending() == 0)
    }

    @Test func `an event whose type was renamed in its store is not unheard`() throws {
        try sender.write { _ = try $0.publish(Happened(number: 1), about: 1) }
        try sender.write { _ = try $0.execute("UPDATE message SET type = 'Hapened'") }
        let listener = DomainEventHandlers(
            "listener", [.on(Happened.self) { _, _ in .handled("heard") }])
        let deliveries = try deliveries(Relay(wholeSystem: services([listener])).run())
        #expect(deliveries.map(\.receipt.outcome) == [.failed])
        #expect(try pending() == 1)
    }
}

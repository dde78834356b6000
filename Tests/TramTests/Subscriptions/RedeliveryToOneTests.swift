import TestSupport
import Testing
import Tram
import TramSQLite

/// What is pending again for one subscriber is not delivered to its neighbours.
@Suite struct RedeliveryToOneTests {
    /// What the neighbour of these tests has done: it knew Noticed only, and now Happened, too.
    private func neighbour(isNew: Bool, fails: Bool = false) -> DomainEventHandlers {
        let noticed = DomainEventHandler.on(Noticed.self) { _, _ in .handled() }
        let happened = DomainEventHandler.on(Happened.self) { event, transaction in
            if fails { throw Refusal() }
            try transaction.execute("INSERT INTO heard VALUES ('neighbour', \(event.number))")
            return .handled()
        }
        return DomainEventHandlers("neighbour", isNew ? [noticed, happened] : [noticed])
    }

    private func prepare(_ village: Village) throws {
        try village.publish([1, 2, 3])
        try village.run(village.relay([neighbour(isNew: false), village.listener("first")]))
    }

    private func grown(_ village: Village, fails: Bool = false) throws -> Relay {
        try village.relay([
            neighbour(isNew: true, fails: fails), village.listener("first"),
            village.listener("late"),
        ])
    }

    private func redeliveries(_ village: Village) throws -> [String] {
        try village.rows(village.sender, "SELECT message_id, consumer_id FROM redelivery")
    }

    @Test func `a new one gets the past, and a neighbour with a new handler does not`() throws {
        let village = try Village()
        try prepare(village)
        let relay = try grown(village)
        try village.publish([4])
        #expect(
            try village.run(relay) == [
                "sender:1>late handled", "sender:2>late handled", "sender:3>late handled",
                "sender:4>neighbour handled", "sender:4>first handled", "sender:4>late handled",
            ])
        #expect(try village.heard(by: "neighbour") == [4])
        #expect(try redeliveries(village) == [])
        #expect(try village.rows(village.sender, "SELECT 1 FROM message WHERE published = 0") == [])
    }

    @Test func `also where the process ends before any transaction`() throws {
        let ends = try Village.endEverywhere(prepare) { village in
            try village.run(grown(village))
        } _: { village, ended in
            try village.run(grown(village))
            #expect(try village.heard(by: "late") == [1, 2, 3], "ended at \(ended)")
            #expect(try village.heard(by: "neighbour") == [], "ended at \(ended)")
            #expect(try redeliveries(village) == [], "ended at \(ended)")
        }
        #expect(ends > 3)
    }

    @Test func `by steps, too`() throws {
        let village = try Village()
        try prepare(village)
        let run = try grown(village).run()
        while try !run.step().isIdle {}
        #expect(try village.heard(by: "late") == [1, 2, 3])
        #expect(try village.heard(by: "neighbour") == [])
        #expect(try redeliveries(village) == [])
    }

    @Test func `a redelivery to a second one is for both, and for nobody else`() throws {
        let village = try Village()
        try prepare(village)
        let relay = try grown(village)
        _ = try relay.redeliver(to: "late")
        #expect(try relay.run().possibleDeliveries().map(\.subscriber.id) == ["late"])
        _ = try relay.redeliver(to: "neighbour", from: MessageID(service: "sender", number: 3))
        #expect(
            try redeliveries(village) == ["1 late", "2 late", "3 late", "3 neighbour"])
        try village.run(relay)
        #expect(try village.heard(by: "late") == [1, 2, 3])
        #expect(try village.heard(by: "neighbour") == [3])
        #expect(try village.heard(by: "first") == [1, 2, 3])
        #expect(try redeliveries(village) == [])
    }

    @Test func `what is not published is for all, whoever it is brought to`() throws {
        let village = try Village()
        try village.publish([-1, 2])
        let old = try village.relay([village.listener("first")])
        try village.run(old, maxAttempts: 1)
        let relay = try village.relay([village.listener("first"), village.listener("late")])
        _ = try relay.redeliver(to: "late")
        #expect(try redeliveries(village) == [])
        try village.mend()
        _ = try relay.retry(DeadLetterSelection())
        try village.run(relay)
        #expect(try village.heard(by: "first") == [-1, 2])
        #expect(try village.heard(by: "late") == [-1, 2])
    }

    @Test func `what was parked for the new one stays its own, and follows its name`() throws {
        let village = try Village()
        try village.publish([-1, 2])
        try village.run(village.relay([neighbour(isNew: false)]))
        func grown(_ late: DomainEventHandlers) throws -> Relay {
            try village.relay([neighbour(isNew: true), late])
        }
        try village.run(grown(village.listener("late")), maxAttempts: 1)
        #expect(try redeliveries(village) == ["1 late", "2 late"])
        try village.mend()
        let renamed = try grown(village.listener("later", formerly: ["late"]))
        try village.run(renamed)
        #expect(try redeliveries(village) == ["1 later", "2 later"])
        _ = try renamed.retry(DeadLetterSelection())
        try village.run(renamed)
        #expect(try village.heard(by: "later") == [-1, 2])
        #expect(try village.heard(by: "neighbour") == [])
        #expect(try redeliveries(village) == [])
    }
}

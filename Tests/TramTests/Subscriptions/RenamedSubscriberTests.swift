import TestSupport
import Testing
import Tram
import TramSQLite

/// What stores know of a subscriber follows it to its new id.
@Suite struct RenamedSubscriberTests {
    /// Two subscribers: of a message of the first thing, of a later thing, one whose delivery fails, one
    /// that is parked, one that is discarded, and one that was edited.
    private func prepare(_ village: Village) throws {
        let relay = try old(village)
        try village.publish([1, 2], about: 1)
        try village.run(relay)
        _ = try relay.purge(PurgeBounds())
        try village.publish([3], about: 1)
        for (thing, number) in [(2, -4), (3, -5), (4, -6)] {
            try village.publish([number, 10 - number], about: thing)
        }
        try village.run(relay, maxAttempts: 1)
        _ = try relay.discard(
            DeadLetterSelection(
                message: MessageID(service: "sender", number: 4), subscriber: "old"))
        _ = try relay.edit(
            MessageID(service: "sender", number: 6), for: "old", payload: #"{"number":50}"#)
        try village.publish([-7], about: 5)
        try village.run(relay, maxAttempts: 5)
    }

    private func old(_ village: Village) throws -> Relay {
        try village.relay([village.listener("old", as: "who")])
    }

    private func renamed(_ village: Village) throws -> Relay {
        try village.relay([village.listener("new", as: "who", formerly: ["older", "old"])])
    }

    private func expectAllOnce(_ village: Village, _ comment: Comment = "") throws {
        try village.mend()
        let relay = try renamed(village)
        _ = try relay.retry(DeadLetterSelection())
        try village.run(relay)
        #expect(
            try village.heard(by: "who").sorted() == [-7, -6, 1, 2, 3, 14, 15, 16, 50], comment)
        // Whatever comes once more is known.
        try village.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
        let again = try village.run(relay)
        #expect(again.allSatisfy { $0.hasSuffix("duplicate") }, comment)
        for (store, table) in [
            (village.receiver, "received_messages"), (village.receiver, "purged_inbox"),
            (village.sender, "delivery_failure"),
            (village.sender, "dead_letter"), (village.sender, "delivery_edit"),
            (village.sender, "discarded_delivery"),
        ] {
            let ids = try village.rows(store, "SELECT DISTINCT consumer_id FROM \(table)")
            #expect(ids.isEmpty || ids == ["new"], "\(table), \(comment)")
        }
    }

    @Test func `nothing is delivered twice, and what is known of its deliveries follows it`() throws
    {
        let village = try Village()
        try prepare(village)
        #expect(
            try village.rows(
                village.sender, "SELECT message_id, consumer_id FROM dead_letter") == ["8 old"])
        let relay = try renamed(village)
        let deliveries = try village.run(relay, maxAttempts: 5)
        #expect(deliveries == ["sender:10>new failed"], "only what had failed before")
        #expect(
            try village.rows(
                village.sender,
                "SELECT message_id, consumer_id, attempts FROM delivery_failure") == ["10 new 2"])
        #expect(
            try village.rows(
                village.sender, "SELECT message_id, consumer_id FROM dead_letter") == ["8 new"])
        #expect(try village.begun() == ["new beginning 0", "old beginning 0"])
        #expect(try relay.subscriptions().map(\.id) == ["new"])
        try expectAllOnce(village)
    }

    @Test func `nor whatever transaction the process ends before`() throws {
        let ends = try Village.endEverywhere(prepare) { village in
            try village.run(renamed(village), maxAttempts: 100)
        } _: { village, ended in
            try expectAllOnce(village, "ended at \(ended)")
        }
        #expect(ends > 2)
    }

    @Test func `a program of before may have run in between`() throws {
        let village = try Village()
        try prepare(village)
        try village.run(renamed(village), maxAttempts: 100)
        try village.publish([20], about: 6)
        try village.publish([-21], about: 7)
        try village.run(old(village), maxAttempts: 1)
        let relay = try renamed(village)
        #expect(try village.run(relay, maxAttempts: 100) == [])
        #expect(try village.heard(by: "who").sorted() == [1, 2, 3, 14, 15, 20, 50])
        #expect(
            try village.rows(
                village.sender, "SELECT message_id, consumer_id FROM dead_letter ORDER BY 1")
                == ["8 new", "10 new", "12 new"])
    }

    @Test func `what one id has handled and the other has parked is handled`() throws {
        let village = try Village()
        try village.publish([-1, 2])
        try village.run(old(village), maxAttempts: 1)
        try village.receiver.write {
            _ = try Inbox($0).record(MessageID(service: "sender", number: 1), for: "new")
        }
        #expect(try village.run(renamed(village)).last == "sender:2>new handled")
        #expect(try village.rows(village.sender, "SELECT 1 FROM dead_letter") == [])
        #expect(try village.rows(village.sender, "SELECT 1 FROM message WHERE published = 0") == [])
    }

    @Test func `a purge and a redelivery before the first relay find what the old id has handled`()
        throws
    {
        let village = try Village()
        try village.publish([1, 2])
        try village.run(old(village))
        let relay = try renamed(village)
        #expect(try relay.redeliver(to: "new").map(\.messages) == [0, 0])
        let other = try Village()
        try other.publish([1, 2])
        try other.run(old(other))
        #expect(try renamed(other).purge().freed.map(\.messages) == [2, 0])
    }

    @Test func `a source that was put back is accepted by what the old id has handled`() throws {
        let village = try Village()
        try village.publish([1, 2])
        try village.run(old(village))
        try village.sender.write { transaction in
            try transaction.execute("DELETE FROM message WHERE id = 2")
            try transaction.setCounter(of: "message", to: 1)
        }
        try village.publish([3])
        let relay = try renamed(village)
        #expect(throws: StoreError.self) { try village.run(relay) }
        let report = try relay.accept(relay.services[0], incarnation: "another")
        #expect(report.renumbered.map { "\($0.from) \($0.to)" } == ["sender:2 sender:3"])
        try village.run(relay)
        #expect(try village.heard(by: "who") == [1, 2, 3])
    }

    @Test func `a service that is away is renamed when it is back`() throws {
        for service in ["sender", "receiver"] {
            let village = try Village()
            try prepare(village)
            village.failures.away = [service]
            try village.run(renamed(village))
            village.failures.away = []
            try expectAllOnce(village, "\(service)")
        }
    }

    @Test func `a combined subscriber takes all parts along`() throws {
        let village = try Village()
        try prepare(village)
        let combined = CombinedSubscriber(
            "new", formerly: ["old"], [village.listener("new", as: "who")])
        #expect(try village.run(village.relay([combined])) == ["sender:10>new failed"])
    }

    @Test func `an id that is claimed twice, or that somebody has, is refused`() throws {
        let village = try Village()
        #expect(throws: WiringError.formerIDTwice(id: "x", subscribers: ["a", "b"])) {
            try village.relay([
                village.listener("a", formerly: ["x"]), village.listener("b", formerly: ["x"]),
            ])
        }
        #expect(throws: WiringError.formerIDInUse(id: "b", subscriber: "a")) {
            try village.relay([village.listener("a", formerly: ["b"]), village.listener("b")])
        }
        #expect(throws: WiringError.formerIDInUse(id: "a", subscriber: "a")) {
            try village.relay([village.listener("a", formerly: ["a"])])
        }
    }
}

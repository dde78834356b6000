import TestSupport
import Testing
import Tram
import TramSQLite

private final class TestClock {
    var now = fixedClock()
}

/// A subscriber that comes later begins where it has declared, and it begins once.
@Suite struct SubscriptionTests {
    @Test func `a new subscriber gets all that the outbox still holds, and nobody anything twice`()
        throws
    {
        let village = try Village()
        try village.publish([1, 2, 3, 4])
        try village.run(village.relay([village.listener("first")]))
        let later = try village.relay([village.listener("first"), village.listener("late")])
        try village.publish([5])
        let deliveries = try village.run(later)
        #expect(deliveries.filter { $0.contains(">late") }.count == 5)
        #expect(deliveries.filter { $0.contains(">first") } == ["sender:5>first handled"])
        #expect(try village.heard(by: "first") == [1, 2, 3, 4, 5])
        #expect(try village.heard(by: "late") == [1, 2, 3, 4, 5])
        #expect(try village.run(later) == [], "it has begun")
        #expect(try village.begun() == ["first beginning 0", "late beginning 0"])
    }

    @Test func `what was purged before a subscriber came does not come back`() throws {
        let village = try Village()
        let first = try village.relay([village.listener("first")])
        try village.publish([1, 2])
        try village.run(first)
        _ = try first.purge()
        try village.publish([3])
        try village.run(village.relay([village.listener("first"), village.listener("late")]))
        #expect(try village.heard(by: "late") == [3])
    }

    @Test func `a purge before its first relay keeps what it is to get`() throws {
        let village = try Village()
        try village.publish([1, 2])
        try village.run(village.relay([village.listener("first")]))
        let later = try village.relay([village.listener("first"), village.listener("late")])
        let report = try later.purge()
        #expect(report.freed.map(\.messages) == [0, 0])
        #expect(report.holds.first?.holder == "late")
        try village.run(later)
        #expect(try village.heard(by: "late") == [1, 2])
    }

    @Test func `one that begins now gets what is sent after it was seen for the first time`() throws
    {
        let village = try Village()
        try village.publish([1])
        try village.run(village.relay([village.listener("first")]))
        // This one is still pending, for the other.
        try village.publish([2])
        let later = try village.relay([
            village.listener("first"), village.listener("late", begins: .now),
        ])
        #expect(try village.run(later) == ["sender:2>first handled"])
        try village.publish([3])
        #expect(try village.run(later) == ["sender:3>first handled", "sender:3>late handled"])
        #expect(try village.heard(by: "late") == [3])
        #expect(try village.begun() == ["first beginning 0", "late now 2"])
        #expect(try village.rows(village.sender, "SELECT 1 FROM message WHERE published = 0") == [])
        // What it says later changes nothing, nor does a redelivery.
        let changed = try village.relay([village.listener("first"), village.listener("late")])
        #expect(try changed.redeliver(to: "late").map(\.messages) == [0, 0])
        #expect(try village.run(changed) == [])
        let report = try changed.purge()
        #expect(report.freed.map(\.messages) == [3, 0])
        #expect(report.holds == [])
    }

    @Test func `one that begins now is alone with what was pending, and that is published`() throws
    {
        let village = try Village()
        try village.publish([1, 2])
        let relay = try village.relay([village.listener("late", begins: .now)])
        #expect(try village.run(relay) == [])
        #expect(try village.rows(village.sender, "SELECT 1 FROM message WHERE published = 0") == [])
        for step in [3, 4] {
            try village.publish([step])
            #expect(try relay.run().step().deliveries == 1)
        }
        #expect(try village.heard(by: "late") == [3, 4])
    }

    @Test func `what others have sent to nobody yet comes to the first who listens`() throws {
        let village = try Village()
        try village.publish([1])
        #expect(try village.run(village.relay([])) == ["sender:1>nobody unheard"])
        try village.run(village.relay([village.listener("first")]))
        #expect(try village.heard(by: "first") == [1])
    }

    @Test func `a command that another has done is not done again`() throws {
        let village = try Village()
        func participant(_ id: String) -> CommandHandlers {
            CommandHandlers(
                id, on: .participant,
                [
                    .on(Do.self) { _, transaction in
                        try transaction.execute("INSERT INTO heard VALUES ('done', 1)")
                        return .noReply()
                    }
                ])
        }
        try village.sender.write { _ = try $0.send(Do(step: 1), to: .participant, orderedBy: "1") }
        try village.run(village.relay([participant("old")]))
        #expect(try village.run(village.relay([participant("new")])) == [])
        #expect(try village.heard(by: "done") == [1])
    }

    @Test func `whatever transaction the process ends before, it begins once and gets all`() throws
    {
        let ends = try Village.endEverywhere { village in
            try village.publish([1, 2, 3, 4, 5, 6, 7])
            try village.run(village.relay([village.listener("first")]))
            try village.publish([8])
        } _: { village in
            try village.run(
                village.relay([
                    village.listener("first"), village.listener("late"),
                    village.listener("fresh", begins: .now),
                ]))
        } _: { village, ended in
            try village.publish([9])
            try village.run(
                village.relay([
                    village.listener("first"), village.listener("late"),
                    village.listener("fresh", begins: .now),
                ]))
            for who in ["first", "late"] {
                #expect(try village.heard(by: who) == Array(1...9), "\(who), ended at \(ended)")
            }
            #expect(try village.heard(by: "fresh") == [9], "ended at \(ended)")
        }
        #expect(ends > 5)
    }

    @Test func `a source that is away is begun with when it is back`() throws {
        let clock = TestClock()
        let village = try Village(clock: { clock.now })
        try village.publish([1])
        try village.run(village.relay([village.listener("first")]))
        clock.now = clock.now + .seconds(1)
        let later = try village.relay([
            village.listener("first"), village.listener("late"),
            village.listener("fresh", begins: .now),
        ])
        for service in ["sender", "receiver"] {
            village.failures.away = [service]
            #expect(try village.run(later) == [])
            #expect(try !village.begun().contains { $0.hasPrefix("late") })
        }
        village.failures.away = []
        try village.run(later)
        #expect(try village.heard(by: "late") == [1])
        #expect(try village.begun() == ["first beginning 0", "fresh now 1", "late beginning 0"])
    }

    @Test func `one that begins now misses nothing of a source that was away when it was seen`()
        throws
    {
        for isHeardByOthers in [false, true] {
            let clock = TestClock()
            let village = try Village(clock: { clock.now })
            let first = try village.relay([village.listener("first")])
            try village.publish([1, 2])
            if isHeardByOthers { try village.run(first) }
            clock.now = clock.now + .seconds(1)
            let later = try village.relay([
                village.listener("first"), village.listener("fresh", begins: .now),
            ])
            village.failures.away = ["sender"]
            try village.run(later)
            village.failures.away = []
            clock.now = clock.now + .seconds(1)
            try village.publish([3, 4])
            if isHeardByOthers { try village.run(first) }
            try village.run(later)
            #expect(try village.heard(by: "fresh") == [3, 4])
            #expect(try village.heard(by: "first") == [1, 2, 3, 4])
            #expect(try village.begun().contains("fresh now 2"))
        }
    }

    @Test func `a rehearsal tells what a new one would get, and it has not begun`() throws {
        let village = try Village()
        try village.publish([1])
        try village.run(village.relay([village.listener("first")]))
        let later = try village.relay([village.listener("first"), village.listener("late")])
        let run = later.run()
        let rehearsed = try run.rehearse { try run.pass() }
        #expect(rehearsed.deliveries == 1)
        #expect(try village.begun() == ["first beginning 0"])
        #expect(try later.run().pass().deliveries == 1)
        #expect(try village.heard(by: "late") == [1])
    }

    @Test func `one that has handled anything in a store of before has begun at every source`()
        throws
    {
        let village = try Village()
        try village.publish([1])
        let relay = try village.relay([village.listener("old")])
        try village.run(relay)
        try village.publish([2])
        try village.receiver.write { _ = try $0.execute("DELETE FROM subscription") }
        let changed = try village.relay([village.listener("old", begins: .now)])
        #expect(try village.run(changed) == ["sender:2>old handled"], "that was sent to it")
        #expect(try village.begun() == ["old beginning 0"])
    }

    /// Programs that do not have a subscriber, between two that have it.
    private func runWithoutLate(_ village: Village) throws {
        let with = try village.relay([
            village.listener("first"), village.listener("late"),
            village.listener("fresh", begins: .now),
        ])
        try village.publish([1, 2])
        try village.run(with)
        try village.publish([-3], about: 2)
        try village.run(with)
        try village.publish([4])
        try village.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('all')") }
        let without = try village.relay([village.listener("first")])
        try village.run(without)
        try village.publish([5])
        try village.run(without)
    }

    @Test func `what a program without it has published, it gets when its program is back`() throws
    {
        let village = try Village()
        try runWithoutLate(village)
        #expect(try village.heard(by: "first") == [1, 2, -3, 4, 5])
        #expect(try village.heard(by: "late") == [1, 2])
        let with = try village.relay([
            village.listener("first"), village.listener("late"),
            village.listener("fresh", begins: .now),
        ])
        try village.run(with)
        #expect(try village.heard(by: "late") == [1, 2, -3, 4, 5])
        #expect(try village.heard(by: "fresh") == [-3, 4, 5])
        #expect(try village.run(with) == [])
        #expect(
            try village.rows(
                village.receiver, "SELECT 1 FROM subscription WHERE missed_after IS NOT NULL") == []
        )
    }

    @Test func `also when both end before any of their transactions`() throws {
        let ends = try Village.endEverywhere { village in
            try village.publish([1, 2])
            try village.run(village.relay([village.listener("first"), village.listener("late")]))
            try village.publish([3, 4])
        } _: { village in
            // The old one, the new one, and the old one again.
            try village.run(village.relay([village.listener("first")]))
            try village.run(village.relay([village.listener("first"), village.listener("late")]))
            try village.run(village.relay([village.listener("first")]))
        } _: { village, ended in
            try village.publish([5])
            try village.run(village.relay([village.listener("first")]))
            try village.run(village.relay([village.listener("first"), village.listener("late")]))
            for who in ["first", "late"] {
                #expect(try village.heard(by: who) == [1, 2, 3, 4, 5], "\(who), ended at \(ended)")
            }
        }
        #expect(ends > 5)
    }
}

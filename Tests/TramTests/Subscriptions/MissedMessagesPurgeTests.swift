import TestSupport
import Testing
import Tram
import TramSQLite

/// What was published without a subscriber that the program lacks is for it when a program has it again.
/// So a purge keeps it.
@Suite struct MissedMessagesPurgeTests {
    /// The program that has the subscriber `late`, and the one that does not.
    private func programs(_ village: Village) throws -> (with: Relay, without: Relay) {
        try (
            village.relay([village.listener("late")], atSender: [Village.neighbour]),
            village.relay([], atSender: [Village.neighbour])
        )
    }

    /// Lets the subscriber hear 1 and 2, and the program without it publish 3 and 4.
    ///
    /// - Parameter isAway: whether the subscriber's store is away meanwhile, so that the source has to
    ///   note it.
    private func publishWithout(
        _ village: Village, isAway: Bool
    ) throws -> (with: Relay, without: Relay) {
        let (with, without) = try programs(village)
        try village.publish([1, 2])
        try village.run(with)
        village.failures.away = isAway ? ["receiver"] : []
        try village.publish([3, 4])
        try village.run(without)
        village.failures.away = []
        #expect(try village.rows(village.sender, "SELECT 1 FROM message WHERE published = 0") == [])
        #expect(
            try village.rows(village.sender, "SELECT service, published_after FROM absent_service")
                == (isAway ? ["receiver 2"] : []))
        return (with, without)
    }

    private func describe(_ holds: [PurgeHold]) -> [String] {
        holds.map {
            "\($0.service) \($0.what) \($0.reason.rawValue) \($0.count) "
                + "\($0.message?.description ?? "none") \($0.holder ?? "nobody")"
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `published without it, purged, comes back`(isAway: Bool, isOfOutboxesOnly: Bool) throws {
        let village = try Village()
        let (with, without) = try publishWithout(village, isAway: isAway)
        let bounds = PurgeBounds(isOfOutboxesOnly: isOfOutboxesOnly)
        // The relay between the two moves the source's note to the subscriber's store.
        for _ in 1...2 {
            let report = try without.purge(bounds)
            #expect(describe(report.holds) == ["sender messages missed 2 sender:3 late"])
            #expect(try village.rows(village.sender, "SELECT id FROM message") == ["3", "4"])
            try village.run(without)
        }
        #expect(try village.run(with) == ["sender:3>late handled", "sender:4>late handled"])
        #expect(try village.heard(by: "late") == [1, 2, 3, 4])
        #expect(try with.purge(bounds).holds == [])
        #expect(try village.rows(village.sender, "SELECT id FROM message") == [])
    }

    @Test(arguments: [true, false])
    func `its own program keeps it as well, before its next relay`(isAway: Bool) throws {
        let village = try Village()
        let (with, _) = try publishWithout(village, isAway: isAway)
        #expect(describe(try with.purge().holds) == ["sender messages unhandled 2 sender:3 late"])
        try village.run(with)
        #expect(try village.heard(by: "late") == [1, 2, 3, 4])
    }

    @Test(arguments: [true, false])
    func `whoever removes the subscriber frees it`(isAway: Bool) throws {
        let village = try Village()
        let (_, without) = try publishWithout(village, isAway: isAway)
        #expect(try without.purge().holds.map(\.holder) == ["late"])
        _ = try without.remove(subscriber: "late")
        #expect(try without.purge().holds == [])
        #expect(try village.rows(village.sender, "SELECT id FROM message") == [])
    }

    @Test func `of both notes the earlier one counts`() throws {
        for isFirstAway in [true, false] {
            let village = try Village()
            let (with, without) = try publishWithout(village, isAway: isFirstAway)
            village.failures.away = isFirstAway ? [] : ["receiver"]
            try village.publish([5])
            try village.run(without)
            village.failures.away = []
            #expect(
                describe(try without.purge().holds) == ["sender messages missed 3 sender:3 late"])
            try village.run(with)
            #expect(try village.heard(by: "late") == [1, 2, 3, 4, 5])
        }
    }

    @Test func `a service whose subscribers the program has holds nothing by its absence`() throws {
        let village = try Village()
        let relay = try village.relay([], atSender: [Village.neighbour])
        try village.run(relay)
        village.failures.away = ["receiver"]
        try village.publish([1])
        try village.run(relay)
        village.failures.away = []
        #expect(try !village.rows(village.sender, "SELECT 1 FROM absent_service").isEmpty)
        #expect(try relay.purge().holds == [])
        #expect(try village.rows(village.sender, "SELECT id FROM message") == [])
    }

    @Test func `what it has handled or begun after is not kept for it`() throws {
        let village = try Village()
        try village.publish([1])
        let (_, without) = try programs(village)
        try village.run(without)
        let now = try village.relay(
            [village.listener("late", begins: .now)], atSender: [Village.neighbour])
        try village.run(now)
        try village.publish([2])
        try village.run(now)
        // As if a process had ended before the last message was marked: it is noted from there on.
        try village.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
        try village.run(without)
        #expect(
            try village.rows(
                village.receiver,
                "SELECT missed_after FROM subscription WHERE consumer_id = 'late' AND source = 'sender'"
            ) == ["0"])
        #expect(try without.purge().holds == [])
        #expect(try village.rows(village.sender, "SELECT id FROM message") == [])
    }

    @Test func `commands are not kept for it, as it would not get them`() throws {
        let village = try Village()
        let (with, without) = try publishWithout(village, isAway: false)
        try village.sender.write {
            _ = try $0.execute(
                "UPDATE message SET headers = replace(headers, 'event-type', 'x') WHERE id = 4")
        }
        #expect(describe(try without.purge().holds) == ["sender messages missed 1 sender:3 late"])
        try village.run(with)
        #expect(try village.heard(by: "late") == [1, 2, 3])
    }

    @Test func `one that was renamed holds nothing by its former id`() throws {
        let village = try Village()
        let (_, _) = try publishWithout(village, isAway: false)
        let renamed = try village.relay(
            [village.listener("new", formerly: ["late"])], atSender: [Village.neighbour])
        #expect(describe(try renamed.purge().holds) == ["sender messages unhandled 2 sender:3 new"])
        try village.run(renamed)
        #expect(try village.heard(by: "new") == [3, 4])
        #expect(try renamed.purge().holds == [])
    }

    @Test func `one that the program has in another service holds nothing where it was`() throws {
        let village = try Village()
        _ = try publishWithout(village, isAway: false)
        let moved = DomainEventHandlers("late", [.on(Happened.self) { _, _ in .handled() }])
        let relay = try village.relay([], atSender: [Village.neighbour, moved])
        #expect(
            describe(try relay.purge().holds) == ["sender messages unhandled 4 sender:1 late"])
        try village.run(relay)
        #expect(try relay.purge().holds == [])
        #expect(throws: SubscriberRemovalError.isKnown(id: "late", service: "sender")) {
            try relay.remove(subscriber: "late")
        }
    }
}

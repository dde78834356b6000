import TestSupport
import Testing
import Tram
import TramSQLite

/// A program that does not have a subscriber publishes messages while the subscriber's service is away, so
/// that it cannot see there whom it passes over. Nothing is lost.
@Suite struct AwaySubscriberTests {
    /// The program that has the subscriber `late`, and the one that does not. Somebody else hears the
    /// messages in both, or nobody does.
    private func programs(
        _ village: Village, isHeard: Bool = true
    ) throws -> (with: Relay, without: Relay) {
        let own: [any Subscriber] = isHeard ? [Village.neighbour] : []
        return try (
            village.relay([village.listener("late")], atSender: own),
            village.relay([], atSender: own)
        )
    }

    private func absences(_ village: Village) throws -> [String] {
        try village.rows(village.sender, "SELECT service, published_after FROM absent_service")
    }

    private func isAllPublished(_ village: Village) throws -> Bool {
        try village.rows(village.sender, "SELECT 1 FROM message WHERE published = 0").isEmpty
    }

    @Test(arguments: [true, false])
    func `it gets what was published without it when both are back`(isHeard: Bool) throws {
        let village = try Village()
        let (with, without) = try programs(village, isHeard: isHeard)
        try village.publish([1, 2])
        try village.run(with)
        village.failures.away = ["receiver"]
        for number in [3, 4] {
            try village.publish([number])
            #expect(
                try village.run(without) == [
                    isHeard
                        ? "sender:\(number)>neighbour handled" : "sender:\(number)>nobody unheard"
                ])
        }
        #expect(try isAllPublished(village))
        #expect(try absences(village) == ["receiver 2"])
        village.failures.away = []
        #expect(
            try village.run(with) == ["sender:3>late handled", "sender:4>late handled"])
        #expect(try village.heard(by: "late") == [1, 2, 3, 4])
        #expect(try absences(village) == [])
        #expect(try village.run(with) == [])
    }

    @Test func `the program without it may run between, and then its store knows`() throws {
        let village = try Village()
        let (with, without) = try programs(village)
        try village.publish([1])
        try village.run(with)
        village.failures.away = ["receiver"]
        try village.publish([2])
        try village.run(without)
        village.failures.away = []
        #expect(try village.run(without) == [])
        #expect(try absences(village) == [])
        #expect(
            try village.rows(
                village.receiver,
                "SELECT missed_after FROM subscription WHERE consumer_id = 'late' AND source = 'sender'"
            )
                == ["1"])
        try village.publish([3])
        try village.run(without)
        #expect(try village.run(with) == ["sender:2>late handled", "sender:3>late handled"])
        #expect(try village.heard(by: "late") == [1, 2, 3])
    }

    @Test func `one run of each, that goes on while the service comes and goes`() throws {
        let village = try Village()
        let (with, without) = try programs(village)
        let (old, new) = (without.run(), with.run())
        for number in 1...6 {
            village.failures.away = number.isMultiple(of: 2) ? ["receiver"] : []
            try village.publish([number])
            old.retryFailed()
            _ = try old.runUntilIdle()
            if number.isMultiple(of: 3) {
                new.retryFailed()
                _ = try new.runUntilIdle()
            }
        }
        village.failures.away = []
        try village.run(with)
        #expect(try village.heard(by: "late") == Array(1...6))
    }

    @Test func `whatever transaction a process ends before, it gets all of it once`() throws {
        let ends = try Village.endEverywhere { village in
            let (with, _) = try programs(village)
            try village.publish([1, 2])
            try village.run(with)
            try village.publish([3, 4])
        } _: { village in
            let (with, without) = try programs(village)
            village.failures.away = ["receiver"]
            try village.run(without)
            village.failures.away = []
            try village.run(without)
            try village.run(with)
        } _: { village, ended in
            village.failures.away = []
            let (with, _) = try programs(village)
            try village.publish([5])
            try village.run(with)
            #expect(try village.heard(by: "late") == Array(1...5), "ended at \(ended)")
            #expect(try absences(village) == [])
        }
        #expect(ends > 5)
    }

    @Test func `bounded passes and steps note it as well`() throws {
        for isStep in [false, true] {
            let village = try Village()
            let (with, without) = try programs(village)
            try village.publish([1])
            try village.run(with)
            village.failures.away = ["receiver"]
            try village.publish([2, 3])
            let run = without.run()
            for _ in 1...2 {
                _ = try isStep ? run.step() : run.pass(RelayRun.Bounds(messages: 1))
            }
            #expect(try isAllPublished(village))
            village.failures.away = []
            try village.run(with)
            #expect(try village.heard(by: "late") == [1, 2, 3])
        }
    }

    @Test func `what everybody had handled when a process ended is published with a note`() throws {
        let village = try Village()
        let (with, without) = try programs(village)
        try village.publish([1])
        try village.run(with)
        try village.publish([2])
        village.failures.away = ["receiver"]
        // Before the message is marked.
        village.failures.writesLeft = 1
        #expect(throws: Failures.ProcessEnded.self) { try village.run(without) }
        village.failures.writesLeft = nil
        _ = try without.run().pass(RelayRun.Bounds(messages: 1))
        #expect(try isAllPublished(village))
        #expect(try absences(village) == ["receiver 1"])
    }

    @Test func `a service that the program does not connect is away, too`() throws {
        let village = try Village()
        let (with, _) = try programs(village)
        try village.publish([1])
        try village.run(with)
        let alone = try Relay(wholeSystem: [
            Service(store: village.sender, subscribers: [Village.neighbour])
        ])
        try village.publish([2])
        #expect(try village.run(alone) == ["sender:2>neighbour handled"])
        #expect(try isAllPublished(village))
        #expect(try village.run(with) == ["sender:2>late handled"])
        #expect(try village.heard(by: "late") == [1, 2])
    }

    @Test func `one that is renamed meanwhile gets it by its new id`() throws {
        let village = try Village()
        let (with, without) = try programs(village)
        try village.publish([1])
        try village.run(with)
        village.failures.away = ["receiver"]
        try village.publish([2])
        try village.run(without)
        village.failures.away = []
        let renamed = try village.relay(
            [village.listener("new", formerly: ["late"])], atSender: [Village.neighbour])
        #expect(try village.run(renamed) == ["sender:2>new handled"])
    }

    @Test func `one that begins now is not given what was sent before it`() throws {
        let village = try Village()
        let (_, without) = try programs(village)
        try village.run(without)
        village.failures.away = ["receiver"]
        try village.publish([1, 2])
        try village.run(without)
        village.failures.away = []
        let fresh = try village.relay(
            [village.listener("fresh", begins: .now)], atSender: [Village.neighbour])
        #expect(try village.run(fresh) == [])
        #expect(try absences(village) == [])
        try village.publish([3])
        try village.run(fresh)
        #expect(try village.heard(by: "fresh") == [3])
    }

    @Test func `nothing is noted while nobody is away, or nothing is published`() throws {
        let village = try Village()
        let (with, without) = try programs(village)
        try village.publish([1])
        try village.run(without)
        try village.run(with)
        #expect(try absences(village) == [])
        village.failures.away = ["receiver"]
        try village.run(without)
        // It stays pending for the one that is away.
        try village.publish([2])
        try village.run(with)
        #expect(try absences(village) == [])
        #expect(try !isAllPublished(village))
    }

    @Test func `a program whose last subscriber of a service is gone notes it there`() throws {
        let village = try Village()
        let (with, without) = try programs(village, isHeard: false)
        try village.publish([1])
        try village.run(with)
        try village.publish([2])
        #expect(try village.run(without) == ["sender:2>nobody unheard"])
        #expect(try village.run(with) == ["sender:2>late handled"])
    }
}

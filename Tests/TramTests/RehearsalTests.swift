import TestSupport
import Testing
import Tram
import TramSQLite

/// What is rehearsed is undone, also in what the run remembers of it.
@Suite struct RehearsalTests {
    private func deliveries(_ run: RelayRun, _ bounds: RelayRun.Bounds = .init()) throws -> [String]
    {
        var deliveries: [String] = []
        try run.pass(bounds) {
            if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
        }
        return deliveries
    }

    @Test func `a run that has rehearsed delivers the same in its next pass`() throws {
        let village = try Village()
        try village.publish([1, 2])
        try village.publish([-3, 4], about: 2)
        let run = try village.relay([village.listener("first")]).run()
        let expected = [
            "sender:1>first handled", "sender:2>first handled", "sender:3>first failed",
            "sender:4>first held",
        ]
        for _ in 1...2 {
            #expect(try run.rehearse { try deliveries(run) } == expected)
            #expect(!run.hasFailed)
            #expect(try village.heard(by: "first") == [])
        }
        #expect(try deliveries(run) == expected)
        #expect(run.hasFailed)
        #expect(try village.heard(by: "first") == [1, 2])
        #expect(try run.rehearse { try deliveries(run) } == [], "that was delivered")
        #expect(run.hasFailed, "by a pass of before")
    }

    @Test func `also step by step, and after a rehearsal that has thrown`() throws {
        let village = try Village()
        try village.publish([1, 2])
        let run = try village.relay([village.listener("first")]).run()
        #expect(throws: Refusal.self) {
            try run.rehearse {
                _ = try deliveries(run)
                throw Refusal()
            }
        }
        #expect(try run.rehearse { try run.step().deliveries } == 1)
        #expect(try run.step().deliveries == 1)
        #expect(try village.heard(by: "first") == [1])
        #expect(try deliveries(run) == ["sender:2>first handled"])
    }

    @Test func `who is away is told again`() throws {
        let village = try Village()
        try village.publish([1])
        village.failures.away = ["receiver"]
        let run = try village.relay([village.listener("first")]).run()
        func away() throws -> Int {
            var count = 0
            try run.pass { if case .unavailable = $0 { count += 1 } }
            return count
        }
        #expect(try run.rehearse { try away() } == 1)
        #expect(try away() == 1)
        #expect(try away() == 0)
    }
}

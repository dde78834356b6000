import TestSupport
import Testing
import Tram
import TramSQLite

/// What steps and bounded passes take up first.
@Suite struct BoundedPassTests {
    let system: Relayed

    init() throws {
        system = try Relayed()
    }

    @Test func `steps begin with what has never failed, and then with what has failed least`()
        throws
    {
        try system.publish(-1, about: 1)
        try system.publish(-2, about: 2)
        try system.pass(
            system.relay.run(parking: .never), RelayRun.Bounds(source: "sender"))
        try system.publish(3, about: 3)
        try system.publish(4, about: 1)
        func step() throws -> String? {
            var made: String?
            try system.relay.run(parking: .never).step(RelayRun.Bounds(source: "sender")) {
                if case .delivered(let delivery) = $0 { made = describe(delivery) }
            }
            return made
        }
        var made: [String?] = []
        for _ in 1...7 { made.append(try step()) }
        #expect(
            made == [
                "sender:3>counter handled", "sender:3>listener handled",
                // Its listener must wait for the first one's.
                "sender:4>counter handled",
                "sender:1>listener failed", "sender:2>listener failed",
                "sender:1>listener failed", "sender:2>listener failed",
            ])
        try system.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('listener')") }
        #expect(try step() == "sender:1>listener handled")
        #expect(try step() == "sender:4>listener handled")
        #expect(try step() == "sender:2>listener handled")
        #expect(try system.heard() == [3, -1, 4, -2])
    }

    @Test func `a bounded pass is not filled by what fails`() throws {
        for thing in 1...5 { try system.publish(-1, about: thing) }
        let bounds = RelayRun.Bounds(source: "sender", messages: 3)
        try system.pass(system.relay.run(parking: .never))
        for thing in 11...14 { try system.publish(1, about: thing) }
        try system.publish(1, about: 1)
        let first = try system.pass(system.relay.run(parking: .never), bounds)
        #expect(
            first.deliveries
                == (6...8).flatMap {
                    ["sender:\($0)>counter handled", "sender:\($0)>listener handled"]
                })
        #expect(first.summary.messages == 3)
        let second = try system.pass(system.relay.run(parking: .never), bounds)
        #expect(
            second.deliveries == [
                "sender:9>counter handled", "sender:9>listener handled",
                "sender:10>counter handled", "sender:1>listener failed",
            ])
        #expect(second.summary.messages == 3)
        // One run takes up everything once, in as many passes as that needs.
        let run = system.relay.run(parking: .never)
        var deliveries: [String] = []
        while true {
            let pass = try system.pass(run, bounds)
            if pass.summary.isIdle { break }
            deliveries += pass.deliveries
        }
        #expect(
            Set(deliveries) == Set((1...5).map { "sender:\($0)>listener failed" }))
        #expect(deliveries.count == 5)
    }

    @Test func `a step publishes what a process that died has delivered`() throws {
        try system.publish(1, about: 1)
        try system.pass(system.relay.run(), RelayRun.Bounds(source: "sender"))
        try system.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
        let summary = try system.relay.run().step(RelayRun.Bounds(source: "sender"))
        #expect(summary.isIdle)
        #expect(try system.sender.read { try Outbox($0).message(1) }?.isPublished == true)
    }
}

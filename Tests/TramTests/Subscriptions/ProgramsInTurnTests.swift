import TestSupport
import Testing
import Tram
import TramSQLite

/// A program that goes on for good notices what another version of it has done between two of its turns.
@Suite struct ProgramsInTurnTests {
    private func deliveries(_ run: RelayRun) throws -> [String] {
        var deliveries: [String] = []
        _ = try run.runUntilIdle {
            if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
        }
        return deliveries
    }

    @Test func `what the former id has handled meanwhile is handled`() throws {
        let village = try Village()
        let new = try village.relay([village.listener("new", as: "who", formerly: ["old"])]).run()
        #expect(try deliveries(new) == [])
        let old = try village.relay([village.listener("old", as: "who")])
        try village.publish([1])
        try village.run(old)
        // As if it had ended before the message was marked.
        try village.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
        #expect(try deliveries(new) == ["sender:1>new duplicate"])
        #expect(try village.heard(by: "who") == [1])
    }

    @Test func `what a program without a subscriber has published comes to it`() throws {
        let village = try Village()
        let with = try village.relay([village.listener("first"), village.listener("late")]).run()
        #expect(try deliveries(with) == [])
        let without = try village.relay([village.listener("first")]).run()
        for number in 1...3 {
            try village.publish([number])
            #expect(try deliveries(without) == ["sender:\(number)>first handled"])
            #expect(try deliveries(with) == ["sender:\(number)>late handled"])
        }
        #expect(try village.heard(by: "late") == [1, 2, 3])
    }

    @Test func `a run whose first pass has failed begins again`() throws {
        for writes in 0...8 {
            let village = try Village()
            let run = try village.relay([village.listener("fresh", begins: .now)]).run()
            village.failures.writesLeft = writes
            _ = try? run.pass()
            village.failures.writesLeft = nil
            #expect(try deliveries(run) == [])
            #expect(try village.begun() == ["fresh now 0"], "after \(writes)")
        }
    }
}

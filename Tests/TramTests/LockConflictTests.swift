import TestSupport
import Testing
import Tram
import TramSQLite

/// What becomes of a command whose lock another saga has, and of those that come behind it.
@Suite struct LockConflictTests {
    private typealias Act = StashSystem.Act
    private typealias Tell = StashSystem.Tell

    @Test func `a handler may refuse what would have to wait`() throws {
        let system = try StashSystem(whenLocked: .refuse(with: StashSystem.Busy()))
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act")
        try system.send(Act(name: "c", thing: "U"), saga: "2", step: "other")
        try system.send(Act(name: "d", thing: "T"), saga: "1", step: "again")
        #expect(
            try system.run() == [
                "1 handled: a", "2 refused: Busy: T is locked by S 1", "3 handled: c",
                "4 handled: d",
            ])
        #expect(
            try system.replies() == [
                "Success to sender:1", "Busy to sender:2", "Success to sender:3",
                "Success to sender:4",
            ])
        let outcome = try system.receiver.read {
            try Outbox($0).message(2)?.message.headers[MessageHeader.replyOutcome]
        }
        #expect(outcome == "FAILURE")
        #expect(try system.rows("SELECT 1 FROM saga_stash_table") == [])
    }

    @Test func `a stash may have a limit, for each lock`() throws {
        let system = try StashSystem(whenLocked: .stash(atMost: 2, else: StashSystem.Busy()))
        for thing in ["T", "U"] {
            for saga in 1...4 {
                try system.send(
                    Act(name: "\(thing) \(saga)", thing: thing), saga: "\(thing)\(saga)",
                    step: "act")
            }
        }
        #expect(
            try system.run().map { $0.split(separator: " ", maxSplits: 1)[1] } == [
                "handled: T 1", "stashed: T is locked by S T1", "stashed: T is locked by S T1",
                "refused: Busy: T is locked by S T1, and 2 commands wait for it",
                "handled: U 1", "stashed: U is locked by S U1", "stashed: U is locked by S U1",
                "refused: Busy: U is locked by S U1, and 2 commands wait for it",
            ])
        // When one goes on there is room again.
        try system.unlock("T", saga: "T1")
        try system.send(Act(name: "T 5", thing: "T"), saga: "T5", step: "act")
        #expect(
            try system.run() == [
                "9 handled: unlocked T", "2 handled: resumed; T 2",
                "10 stashed: T is locked by S T2",
            ])
    }

    @Test func `a limit does not count what waits behind its own saga's command`() throws {
        let system = try StashSystem(whenLocked: .stash(atMost: 2, else: StashSystem.Busy()))
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act")
        for name in ["c", "d", "e"] {
            try system.send(Tell(name: name), saga: "2", step: name, replyTo: nil)
        }
        try system.send(Act(name: "f", thing: "T"), saga: "3", step: "act")
        let told = try system.run()
        #expect(told.filter { $0.contains("stashed") }.count == 5)
        #expect(!told.contains { $0.contains("refused") })
    }

    @Test(arguments: [true, false])
    func `a saga's commands keep their order while one waits, whoever dies between`(
        isLimited: Bool
    ) throws {
        let directory = try TemporaryDirectory()
        func system() throws -> StashSystem {
            try StashSystem(
                whenLocked: isLimited
                    ? .stash(atMost: 1, else: StashSystem.Busy()) : .stash,
                in: directory.path)
        }
        try system().send(Act(name: "a", thing: "T"), saga: "1", step: "a")
        try system().send(Tell(name: "b"), saga: "2", step: "b", replyTo: nil)
        try system().send(Act(name: "c", thing: "T"), saga: "2", step: "c", replyTo: nil)
        try system().send(Tell(name: "d"), saga: "2", step: "d", replyTo: nil)
        // Saga 3 has U, and waits for T where there is room.
        try system().send(Act(name: "e", thing: "U"), saga: "3", step: "e")
        try system().send(Act(name: "f", thing: "U"), saga: "2", step: "f")
        try system().send(Tell(name: "g"), saga: "2", step: "g", replyTo: nil)
        try system().send(Act(name: "h", thing: "U"), saga: "4", step: "h")
        try system().run()
        #expect(try system().done() == ["a", "b", "e"])
        try system().run()
        try system().unlock("T", saga: "1")
        try system().run()
        // It goes on with c and d, and f waits for U now, or there is no room for it.
        if isLimited {
            #expect(try system().done() == ["a", "b", "e", "c", "d", "g"])
            #expect(try system().replies().last == "Busy to sender:6")
        } else {
            #expect(try system().done() == ["a", "b", "e", "c", "d"])
        }
        try system().unlock("U", saga: "3")
        try system().run()
        try system().run()
        if !isLimited {
            // Who came first goes on first: saga 2's f came before saga 4's h.
            #expect(try system().done() == ["a", "b", "e", "c", "d", "f", "g"])
            try system().unlock("U", saga: "2")
            try system().run()
            #expect(try system().done() == ["a", "b", "e", "c", "d", "f", "g", "h"])
        } else {
            #expect(try system().done() == ["a", "b", "e", "c", "d", "g", "h"])
        }
        #expect(try system().rows("SELECT 1 FROM saga_stash_table") == [])
    }
}

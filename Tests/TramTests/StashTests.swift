import Testing
import Tram
import TramSQLite

/// Whose turn it is at a participant when a saga's command waits for a lock.
@Suite struct StashTests {
    private typealias Act = StashSystem.Act
    private typealias Tell = StashSystem.Tell
    private typealias Undo = StashSystem.Undo

    // MARK: Compensations

    @Test func `a compensation takes its step's command out, and what came behind it goes on`()
        throws
    {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act")
        try system.send(Tell(name: "c"), saga: "2", step: "tell", replyTo: nil)
        try system.send(Undo(name: "b"), saga: "2", step: "act", undoing: true)
        #expect(
            try system.run() == [
                "1 handled: a", "2 stashed: T is locked by S 1",
                "3 stashed: an earlier command of S 2 waits for T",
                "4 handled: there was nothing to undo: Act sender:2 had not been handled, it waited "
                    + "for T",
                "3 handled: resumed; c",
            ])
        #expect(try system.done() == ["a", "c"])
        #expect(try system.replies() == ["Success to sender:1", "Success to sender:4"])
        // Delivered again, it is a duplicate, also when the lock is free.
        try system.unlock("T", saga: "1")
        try system.sender.write {
            _ = try $0.execute("UPDATE message SET published = 0 WHERE id = 2")
        }
        #expect(try system.run() == ["2 duplicate: ", "5 handled: unlocked T"])
        #expect(try system.done() == ["a", "c"])
        #expect(try system.rows("SELECT 1 FROM saga_lock_table") == [])
    }

    @Test func `a compensation whose command was handled is handled too`() throws {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Undo(name: "a"), saga: "1", step: "act", undoing: true)
        #expect(try system.run() == ["1 handled: a", "2 handled: undo a"])
    }

    @Test func `a compensation does not wait for what another step has stashed`() throws {
        // Each saga has what the other's notification waits for, and rolls back.
        let system = try StashSystem()
        for (saga, own, other) in [("1", "A", "B"), ("2", "B", "A")] {
            try system.send(Act(name: "act \(saga)", thing: own), saga: saga, step: "act")
            try system.send(
                Act(name: "tell \(saga)", thing: other), saga: saga, step: "tell", replyTo: nil)
        }
        #expect(try system.run().filter { $0.contains("stashed") }.count == 1)
        // The first notification came before the second saga had its lock.
        #expect(try system.done() == ["act 1", "tell 1", "act 2"])
        try system.send(Undo(name: "act 2"), saga: "2", step: "act", undoing: true)
        try system.send(Undo(name: "act 1"), saga: "1", step: "act", undoing: true)
        try system.unlock("A", saga: "1")
        try system.unlock("B", saga: "2")
        _ = try system.run()
        #expect(
            try system.done() == ["act 1", "tell 1", "act 2", "undo act 2", "undo act 1", "tell 2"]
        )
        #expect(try system.rows("SELECT 1 FROM saga_stash_table") == [])
        #expect(try system.rows("SELECT 1 FROM saga_lock_table") == [])
    }

    @Test func `a repeated command may follow one that was handled, so that is undone`() throws {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "U"), saga: "2", step: "act")
        // Saga 2 heard nothing and asks again, for what saga 1 has.
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act", repeated: true)
        try system.send(Undo(name: "b"), saga: "2", step: "act", undoing: true)
        #expect(
            try system.run() == [
                "1 handled: a", "2 handled: b", "3 stashed: T is locked by S 1",
                "4 handled: undo b; Act sender:3 is not handled any more",
            ])
        #expect(try system.done() == ["a", "b", "undo b"])
        #expect(try system.rows("SELECT 1 FROM saga_stash_table") == [])
    }

    @Test func `when all attempts of a step are stashed there is nothing to undo`() throws {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act", repeated: true)
        try system.send(Undo(name: "b"), saga: "2", step: "act", undoing: true)
        let told = try system.run()
        #expect(told.last?.contains("Act sender:2 had not been handled, it waited for T") == true)
        #expect(told.last?.contains("Act sender:3 had not been handled, it waited for T") == true)
        #expect(try system.done() == ["a"])
    }

    @Test func `what an older version of the library has stashed is not overtaken`() throws {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: nil)
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: nil)
        try system.send(Undo(name: "b"), saga: "2", step: "act", undoing: true)
        #expect(
            try system.run() == [
                "1 handled: a", "2 stashed: T is locked by S 1",
                "3 stashed: an earlier command of S 2 waits for T",
            ])
        try system.unlock("T", saga: "1")
        #expect(
            try system.run() == [
                "4 handled: unlocked T", "2 handled: resumed; b", "3 handled: resumed; undo b",
            ])
    }

    @Test func `a command waits for its own lock, and not for that of the one before it`() throws {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "a")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "b", replyTo: nil)
        try system.send(Act(name: "c", thing: "T"), saga: "3", step: "c")
        try system.send(Act(name: "d", thing: "U"), saga: "2", step: "d")
        _ = try system.run()
        try system.unlock("T", saga: "1")
        // Saga 3 takes the lock that saga 2's notification has only had for a moment.
        _ = try system.run()
        #expect(try Set(system.done()) == ["a", "b", "c", "d"])
    }

    @Test func `sagas of two types with one id are two sagas`() throws {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), type: "R", saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "1", step: "act")
        try system.send(Tell(name: "c"), type: "R", saga: "1", step: "tell", replyTo: nil)
        try system.send(Undo(name: "a"), type: "R", saga: "1", step: "act", undoing: true)
        try system.unlock("T", saga: "1")
        #expect(
            try system.run() == [
                "1 handled: a", "2 stashed: T is locked by R 1", "3 handled: c",
                "4 handled: undo a", "5 ignored: T is not locked by S 1",
            ])
        #expect(try system.rows("SELECT message_id FROM saga_stash_table").count == 1)
    }

    // MARK: Commands that could not be resumed

    @Test func `a command that was given back is not handled after its compensation`() throws {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act")
        _ = try system.run()
        try system.fail("b")
        try system.unlock("T", saga: "1")
        let undo = try system.send(Undo(name: "b"), saga: "2", step: "act", undoing: true)
        // In its saga's order the compensation waits until the command was handled or parked.
        #expect(
            try system.run() == ["3 handled: unlocked T", "2 failed: Breakdown()", "4 held: "])
        // Where it comes nevertheless, the command is done with.
        let message = try #require(
            try system.sender.read { try Outbox($0).message(undo.number)?.message })
        let receipt = try system.receiver.write {
            try system.service.receive(message, for: system.handlers, in: $0)
        }
        #expect(
            receipt.effects == [
                "there was nothing to undo: Act sender:2 had not been handled, it had failed"
            ])
        try system.fail("b", false)
        #expect(try system.run() == ["2 duplicate: ", "4 duplicate: "])
        #expect(try system.done() == ["a"])
    }

    @Test
    func `a parked command that is retried is handled before its compensation, or not at all`()
        throws
    {
        let system = try StashSystem()
        try system.send(Act(name: "a", thing: "T"), saga: "1", step: "act")
        try system.send(Act(name: "b", thing: "T"), saga: "2", step: "act")
        _ = try system.run()
        try system.fail("b")
        try system.unlock("T", saga: "1")
        let undo = try system.send(Undo(name: "b"), saga: "2", step: "act", undoing: true)
        _ = try system.run()
        #expect(try system.run() == ["2 parked: Breakdown()", "4 held: "])
        #expect(try system.run() == [])
        try system.fail("b", false)
        // What happens if the compensation comes first, for example by an operator's hand.
        let store = system.receiver
        try store.rehearse {
            let message = try #require(
                try system.sender.read { try Outbox($0).message(undo.number)?.message })
            _ = try store.write {
                try system.service.receive(message, for: system.handlers, in: $0)
            }
            try system.sender.rehearse {
                try system.relay.retry(DeadLetterSelection())
                #expect(try system.run() == ["2 duplicate: ", "4 duplicate: "])
                #expect(try system.done() == ["a"])
            }
        }
        try system.relay.retry(DeadLetterSelection())
        #expect(try system.run() == ["2 handled: b", "4 handled: undo b"])
        #expect(try system.done() == ["a", "b", "undo b"])
    }
}

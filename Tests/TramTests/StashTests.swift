import TestSupport
import Testing
import Tram
import TramSQLite

/// Commands as sagas send them, to a participant that locks things.
private struct StashSystem {
    struct Act: Command {
        static let commandType = "Act"
        let name: String
        /// What it locks; nothing when nil.
        var thing: String?
    }

    struct Tell: Command {
        static let commandType = "Tell"
        let name: String
    }

    struct Undo: Command {
        static let commandType = "Undo"
        let name: String
        var thing: String?
    }

    struct Unlock: Command {
        static let commandType = "SagaUnlockCommand"
    }

    struct Busy: FailureReply {
        static let replyType = "Busy"
    }

    let sender: SQLiteStore
    let receiver: SQLiteStore
    let service: Service
    let handlers: CommandHandlers
    let relay: Relay

    /// - Parameter path: a directory for stores that outlive this object; in memory when nil.
    init(whenLocked: LockConflict = .stash, in path: String? = nil) throws {
        func store(_ name: String, _ tables: [String]) throws -> SQLiteStore {
            let schema = Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [Migration(tables)])
            guard let path else {
                return try SQLiteStore(inMemory: name, schema: schema, clock: fixedClock)
            }
            let store = SQLiteStore(
                name: name, path: "\(path)/\(name).db", schema: schema, clock: fixedClock)
            try store.create()
            return store
        }
        sender = try store("sender", [])
        receiver = try store(
            "receiver",
            [
                "CREATE TABLE done (name TEXT) STRICT",
                "CREATE TABLE failing (name TEXT) STRICT",
            ])
        let note: @Sendable (String, any Transaction) throws -> CommandResult = {
            name, transaction in
            try transaction.execute("INSERT INTO done VALUES (\(name))")
            let failing = try transaction.rows("SELECT 1 FROM failing WHERE name = \(name)")
            if !failing.isEmpty { throw Breakdown() }
            return .success(Done(), name)
        }
        handlers = CommandHandlers(
            "receiver", on: "things",
            [
                .on(Act.self, locking: { $0.thing ?? "own \($0.name)" }, whenLocked: whenLocked) {
                    try note($0.name, $1)
                },
                .on(Tell.self) { try note($0.name, $1) },
                .on(Undo.self) { try note("undo \($0.name)", $1) },
            ])
        service = try Service(store: receiver, subscribers: [handlers])
        relay = try Relay(wholeSystem: [Service(store: sender, subscribers: []), service])
    }

    @discardableResult
    func send(
        _ command: some Command, type: String = "S", saga: String, step: String?,
        undoing: Bool = false, repeated: Bool = false, replyTo: String? = "answers"
    ) throws -> MessageID {
        var headers = [MessageHeader.commandSagaType: type, MessageHeader.commandSagaID: saga]
        headers[MessageHeader.commandSagaStep] = step
        if undoing { headers[MessageHeader.commandSagaCompensating] = "true" }
        if repeated { headers[MessageHeader.commandSagaRepeated] = "true" }
        return try sender.write {
            try $0.send(
                command, to: "things", orderedBy: saga, replyTo: replyTo, sagaHeaders: headers)
        }
    }

    func unlock(_ thing: String, saga: String) throws {
        try sender.write { transaction in
            _ = try transaction.send(
                Unlock(), to: "things", orderedBy: saga,
                sagaHeaders: [
                    MessageHeader.commandSagaType: "S", MessageHeader.commandSagaID: saga,
                    MessageHeader.commandResource: thing,
                ])
        }
    }

    func fail(_ name: String, _ isFailing: Bool = true) throws {
        try receiver.write { transaction in
            try transaction.execute("DELETE FROM failing")
            if isFailing { try transaction.execute("INSERT INTO failing VALUES (\(name))") }
        }
    }

    /// Delivers what the sender has sent, and tells what came of it.
    @discardableResult
    func run() throws -> [String] {
        var told: [String] = []
        try relay.run(parking: ParkingPolicy(maxAttempts: 2)).pass(
            RelayRun.Bounds(source: "sender")
        ) {
            guard case .delivered(let delivery) = $0 else { return }
            told.append(
                "\(delivery.message.id.number) \(delivery.receipt.outcome): "
                    + delivery.receipt.effects.joined(separator: "; "))
        }
        return told
    }

    /// What was done, in its order.
    func done() throws -> [String] {
        try receiver.read {
            try $0.rows("SELECT name FROM done ORDER BY rowid").map {
                let name: String = try $0.values()
                return name
            }
        }
    }

    /// The replies that were sent, in their order.
    func replies() throws -> [String] {
        try receiver.read {
            try Outbox($0).unpublished(after: 0, through: .max, limit: 100).map {
                "\($0.type) to \($0.headers[MessageHeader.replyToMessageID] ?? "?")"
            }
        }
    }

    func rows(_ query: StaticString) throws -> [[SQLValue]] {
        try receiver.read { try $0.rows(SQL(stringLiteral: query)).map(\.columns) }
    }
}

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

    // MARK: Refusing instead of waiting

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

    // MARK: Several commands at once

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

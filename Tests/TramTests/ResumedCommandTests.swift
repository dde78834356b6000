import TestSupport
import Testing
import Tram
import TramSQLite

/// Commands that have waited for a lock, and fail when they are resumed.
@Suite struct ResumedCommandTests {
    struct Lock: Command {
        static let commandType = "Lock"
        let step: Int
    }

    struct Unlock: Command {
        static let commandType = "SagaUnlockCommand"
    }

    private struct Locking {
        let sender: SQLiteStore
        let receiver: SQLiteStore
        let relay: Relay

        init() throws {
            sender = try messagingStore("sender")
            receiver = try SQLiteStore(
                inMemory: "receiver",
                schema: Schema(
                    applicationID: 2, library: LibraryTables.messagingAndSagas,
                    migrations: [
                        [
                            "CREATE TABLE done (step INTEGER) STRICT",
                            "CREATE TABLE mended (what TEXT) STRICT",
                            "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT",
                            """
                            CREATE TABLE child (
                                parent_id INTEGER NOT NULL
                                    REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
                            ) STRICT
                            """,
                        ]
                    ]), clock: fixedClock)
            let handlers = CommandHandlers(
                "receiver", on: "things",
                [
                    .on(Lock.self, locking: { _ in "Thing/1" }) { command, transaction in
                        try transaction.execute("INSERT INTO done VALUES (\(command.step))")
                        let mended = try transaction.rows("SELECT 1 FROM mended")
                        if command.step == 2, mended.isEmpty { throw Refusal() }
                        if command.step == 7 {
                            // Only the commit will refuse this.
                            try transaction.execute("INSERT INTO child VALUES (1)")
                        }
                        return .noReply("did \(command.step)")
                    }
                ])
            relay = try Relay(wholeSystem: [
                Service(store: sender, subscribers: []),
                Service(store: receiver, subscribers: [handlers]),
            ])
        }

        func send(_ command: some Command, saga: String, unlocking: Bool = false) throws {
            try sender.write { transaction in
                var headers = [
                    MessageHeader.commandSagaType: "S", MessageHeader.commandSagaID: saga,
                ]
                if unlocking { headers[MessageHeader.commandResource] = "Thing/1" }
                _ = try transaction.send(
                    command, to: "things", orderedBy: saga, replyTo: "answers", sagaHeaders: headers
                )
            }
        }

        func run() throws -> [String] {
            var deliveries: [String] = []
            try relay.run(parking: ParkingPolicy(maxAttempts: 2)).pass(
                RelayRun.Bounds(source: "sender")
            ) {
                if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
            }
            return deliveries
        }

        func steps() throws -> [Int] {
            try receiver.read {
                try $0.rows("SELECT step FROM done ORDER BY rowid").map {
                    let step: Int = try $0.values()
                    return step
                }
            }
        }

        /// Saga 1 has the lock; sagas 2 and 3 wait for it, saga 2 with two commands.
        func stash() throws {
            try send(Lock(step: 1), saga: "1")
            try send(Lock(step: 2), saga: "2")
            try send(Lock(step: 3), saga: "3")
            try send(Lock(step: 4), saga: "2")
            _ = try run()
            try send(Unlock(), saga: "1", unlocking: true)
        }
    }

    @Test
    func `a command that fails when it is resumed keeps no lock, and is tried like any other`()
        throws
    {
        let system = try Locking()
        try system.stash()
        #expect(
            try system.run() == [
                "sender:5>receiver handled", "sender:2>receiver failed",
                "sender:3>receiver handled",
            ])
        #expect(try system.steps() == [1, 3])
        let owner = try system.receiver.read { try $0.rows("SELECT saga_id FROM saga_lock_table") }
        #expect(owner.map(\.columns) == [[.text("3")]])
        let status = try system.sender.read { try Outbox($0).message(2) }
        #expect(status?.isPublished == false)
        // The lock is another saga's now: it waits once more, and fails again when that is free.
        #expect(try system.run() == ["sender:2>receiver stashed"])
        try system.send(Unlock(), saga: "3", unlocking: true)
        // Also when it was stashed again in between, its attempts count.
        #expect(try system.run() == ["sender:6>receiver handled", "sender:2>receiver parked"])
        try system.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('x')") }
        try system.relay.retry(DeadLetterSelection())
        #expect(try system.run() == ["sender:2>receiver handled", "sender:4>receiver handled"])
        #expect(try system.steps() == [1, 3, 2, 4])
        let left = try system.receiver.read { try $0.rows("SELECT 1 FROM saga_stash_table") }
        #expect(left.isEmpty)
    }

    @Test func `a resumed command that cannot be committed is no failure of the unlocking`() throws
    {
        let system = try Locking()
        try system.send(Lock(step: 1), saga: "1")
        try system.send(Lock(step: 7), saga: "2")
        try system.send(Lock(step: 3), saga: "3")
        _ = try system.run()
        try system.send(Unlock(), saga: "1", unlocking: true)
        #expect(
            try system.run() == [
                "sender:4>receiver handled", "sender:2>receiver failed",
                "sender:3>receiver handled",
            ])
        #expect(try system.steps() == [1, 3])
        try system.send(Unlock(), saga: "3", unlocking: true)
        try system.receiver.write { _ = try $0.execute("INSERT INTO parent VALUES (1)") }
        _ = try system.run()
        _ = try system.run()
        #expect(try system.steps() == [1, 3, 7])
    }

    @Test(arguments: ["message_headers = 'bad'", "message_id = 'bad'"])
    func `a spoiled row of a stashed command stops nobody`(change: String) throws {
        let system = try Locking()
        try system.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('x')") }
        try system.send(Lock(step: 1), saga: "1")
        try system.send(Lock(step: 2), saga: "2")
        try system.send(Lock(step: 3), saga: "3")
        _ = try system.run()
        try system.receiver.write { transaction in
            _ = try transaction.execute(
                SQL(unsafeText: "UPDATE saga_stash_table SET \(change) WHERE saga_id = '2'"))
        }
        try system.send(Unlock(), saga: "1", unlocking: true)
        #expect(
            try system.run() == ["sender:4>receiver handled", "sender:3>receiver handled"])
        try system.send(Unlock(), saga: "3", unlocking: true)
        for _ in 1...2 { _ = try system.run() }
        // Where its id can be read its outbox brings it again, as it was sent.
        #expect(try system.steps() == (change.contains("id") ? [1, 3] : [1, 3, 2]))
    }

    @Test func `an edited command that is stashed again is resumed as it was edited`() throws {
        let system = try Locking()
        try system.stash()
        #expect(try system.run().contains("sender:2>receiver failed"))
        // Parked by the next attempt, it is edited while another saga has the lock.
        try system.sender.write { transaction in
            _ = try transaction.execute("UPDATE delivery_failure SET attempts = 2")
        }
        try system.send(Unlock(), saga: "3", unlocking: true)
        #expect(try system.run().contains("sender:2>receiver parked"))
        try system.send(Lock(step: 5), saga: "5")
        _ = try system.run()
        try system.relay.edit(
            MessageID(service: "sender", number: 2), for: nil, payload: #"{"step":6}"#)
        #expect(try system.run() == ["sender:2>receiver stashed"])
        try system.send(Unlock(), saga: "5", unlocking: true)
        _ = try system.run()
        #expect(try system.steps() == [1, 3, 5, 6, 4])
    }

    @Test func `a process that dies before the outbox knows of it loses nothing`() throws {
        let system = try Locking()
        try system.stash()
        _ = try system.run()
        // As if the process had died after the receiver's commit.
        try system.sender.write { transaction in
            try transaction.execute("UPDATE message SET published = 1 WHERE id = 2")
            try transaction.execute("DELETE FROM delivery_failure")
        }
        try system.send(Unlock(), saga: "3", unlocking: true)
        try system.receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('x')") }
        _ = try system.run()
        _ = try system.run()
        #expect(try system.steps() == [1, 3, 2, 4])
    }

    @Test
    func `when a command that could not be resumed is discarded, its saga's next one goes on`()
        throws
    {
        let system = try Locking()
        try system.stash()
        try system.send(Unlock(), saga: "3", unlocking: true)
        #expect(
            try system.run() == [
                "sender:5>receiver handled", "sender:2>receiver failed",
                "sender:3>receiver handled", "sender:6>receiver handled",
            ])
        #expect(try system.run() == ["sender:2>receiver parked"])
        try system.relay.discard(DeadLetterSelection())
        _ = try system.run()
        _ = try system.run()
        #expect(try system.steps() == [1, 3, 4])
        let left = try system.receiver.read { try $0.rows("SELECT 1 FROM saga_stash_table") }
        #expect(left.isEmpty)
        #expect(try system.sender.read { try Outbox($0).pendingCount() } == 0)
    }
}

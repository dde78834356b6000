import TestSupport
import Testing
import Tram
import TramSQLite

/// What a participant locks for a saga, and the order of its commands meanwhile.
@Suite struct CommandLockTests {
    let sender: SQLiteStore
    let receiver: SQLiteStore

    init() throws {
        func store(_ name: String) throws -> SQLiteStore {
            try SQLiteStore(
                inMemory: name,
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: [
                        [
                            "CREATE TABLE done (step INTEGER) STRICT",
                            "CREATE TABLE kept (token TEXT) STRICT",
                        ]
                    ]), clock: fixedClock)
        }
        sender = try store("sender")
        receiver = try store("receiver")
    }

    private func send(_ step: Int, replyTo: String? = "answers") throws {
        try sender.send(Do(step: step), ofSaga: "7", replyTo: replyTo)
    }

    private func replies() throws -> [Message] {
        try receiver.read { try Outbox($0).unpublished(after: 0, through: .max, limit: 10) }
    }

    @Test func `a command does not overtake an earlier one of its saga that waits for a lock`()
        throws
    {
        let handlers = CommandHandlers(
            "receiver", on: .participant,
            [
                .on(Do.self, locking: { _ in "Thing/1" }) { command, transaction in
                    try transaction.execute("INSERT INTO done VALUES (\(command.step))")
                    return .success(Done(), "did \(command.step)")
                },
                .on(Undo.self) { command, transaction in
                    try transaction.execute("DELETE FROM done WHERE step = \(command.step)")
                    return .success(Done(), "undid \(command.step)")
                },
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [handlers]),
        ])
        func send(_ command: some Command, saga: String, unlocking target: String? = nil) throws {
            try sender.send(command, ofSaga: saga, unlocking: target)
        }
        // Saga 1 has the lock; saga 2 waits, loses its patience, and compensates; saga 3 waits too.
        try send(Do(step: 1), saga: "1")
        try send(Do(step: 2), saga: "2")
        try send(Do(step: 3), saga: "3")
        try send(Undo(step: 2), saga: "2")
        try send(Unlock(), saga: "1", unlocking: "Thing/1")
        try send(Unlock(), saga: "2", unlocking: "Thing/1")
        var effects: [String] = []
        try relay.run().pass(RelayRun.Bounds(source: "sender")) {
            if case .delivered(let delivery) = $0 { effects += delivery.receipt.effects }
        }
        #expect(
            effects == [
                "did 1", "Thing/1 is locked by S 1", "Thing/1 is locked by S 1",
                "an earlier command of S 2 waits for Thing/1",
                "unlocked Thing/1", "resumed", "did 2", "resumed", "undid 2",
                "unlocked Thing/1", "resumed", "did 3",
            ])
        let left = try receiver.read {
            try $0.rows("SELECT step FROM done ORDER BY step").map(\.columns)
        }
        #expect(left == [[.integer(1)], [.integer(3)]])
    }

    @Test func `whoever answers later tells of the lock, and a notification keeps none`() throws {
        let handlers = CommandHandlers(
            "receiver", on: .participant,
            [
                .on(Do.self, locking: { "Thing/\($0.step)" }) { command, transaction in
                    let token = try WireFormat.encode(command.replyToken)
                    try transaction.execute("INSERT INTO kept VALUES (\(token))")
                    return .noReply("later")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [handlers]),
        ])
        try send(1)
        try send(2, replyTo: nil)
        try relay.run().pass(RelayRun.Bounds(source: "sender"))
        let locks = try receiver.read {
            try $0.rows("SELECT target FROM saga_lock_table").map(\.columns)
        }
        #expect(locks == [[.text("Thing/1")]])
        try receiver.write { transaction in
            let token: String = try transaction.rows("SELECT token FROM kept ORDER BY rowid")[0]
                .values()
            try transaction.reply(
                Done(), to: WireFormat.decode(ReplyToken.self, from: token))
        }
        let reply = try replies()[0]
        #expect(reply.headers["saga-locked-target"] == "Thing/1")
        #expect(reply.headers["reply_to_message_id"] == "sender:1")
    }

    private struct Unlock: Command {
        static let commandType = "SagaUnlockCommand"
    }

    @Test func `a lock is freed by the saga that holds it, and by no other of its type`() throws {
        let handlers = CommandHandlers(
            "receiver", on: .participant,
            [.on(Do.self, locking: { _ in "Thing/1" }) { _, _ in .success() }])
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [handlers]),
        ])
        func unlock(saga: String) throws -> DeliveryOutcome? {
            try sender.write { transaction in
                _ = try Outbox(transaction).append(
                    OutgoingMessage(
                        type: "SagaUnlockCommand", destination: CommandChannel.participant.name,
                        partitionID: saga,
                        headers: [
                            MessageHeader.commandSagaType: "S", MessageHeader.commandSagaID: saga,
                            MessageHeader.commandResource: "Thing/1",
                        ], payload: "{}"))
            }
            var outcome: DeliveryOutcome?
            try relay.run().pass(RelayRun.Bounds(source: "sender")) {
                if case .delivered(let delivery) = $0 { outcome = delivery.receipt.outcome }
            }
            return outcome
        }
        try send(1)
        try relay.run().pass(RelayRun.Bounds(source: "sender"))
        #expect(try unlock(saga: "8") == .ignored)
        let held = try receiver.read { try $0.rows("SELECT target FROM saga_lock_table") }
        #expect(held.count == 1)
        #expect(try unlock(saga: "7") == .handled)
        #expect(try receiver.read { try $0.rows("SELECT target FROM saga_lock_table") }.isEmpty)
    }
}

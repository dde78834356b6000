import TestSupport
import Testing
import Tram
import TramSQLite

/// What a participant makes of commands.
@Suite struct CommandTests {
    let sender: SQLiteStore
    let receiver: SQLiteStore

    init() throws {
        func store(_ name: String) throws -> SQLiteStore {
            try SQLiteStore(
                inMemory: name,
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: [
                        ["CREATE TABLE done (step INTEGER) STRICT"]
                    ]), clock: fixedClock)
        }
        sender = try store("sender")
        receiver = try store("receiver")
    }

    private func makeRelay() throws -> Relay {
        let handlers = CommandHandlers(
            "receiver", on: .participant,
            [
                .on(Do.self) { command, transaction in
                    try transaction.execute("INSERT INTO done VALUES (\(command.step))")
                    if command.step == 0 { throw SoldOut(left: 0) }
                    if command.step < 0 { throw Breakdown() }
                    return .success(Done(), "did \(command.step)")
                }
            ])
        return try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [handlers]),
        ])
    }

    private func send(_ step: Int, replyTo: String? = "answers") throws {
        try sender.send(Do(step: step), ofSaga: "7", replyTo: replyTo)
    }

    private func outcomes() throws -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        try makeRelay().run().pass(RelayRun.Bounds(source: "sender")) {
            if case .delivered(let delivery) = $0 { outcomes.append(delivery.receipt.outcome) }
        }
        return outcomes
    }

    private func done() throws -> Int {
        try receiver.read { try $0.rows("SELECT count(*) FROM done")[0].values() }
    }

    private func replies() throws -> [Message] {
        try receiver.read { try Outbox($0).unpublished(after: 0, through: .max, limit: 10) }
    }

    @Test func `a command and its reply have the original's headers`() throws {
        try send(1)
        let command = try sender.read {
            try Outbox($0).unpublished(after: 0, through: .max, limit: 1)
        }[0]
        #expect(
            command.headers == [
                "ID": "sender:1", "PARTITION_ID": "7", "DESTINATION": "participant",
                "DATE": "Wed, 01 Jan 2020 12:04:55 GMT", "command_type": "Do",
                "command__destination": "participant", "command_reply_to": "answers",
                "command_saga_type": "S", "command_saga_id": "7", "correlation-id": "sender:1",
            ])
        #expect(try outcomes() == [.handled])
        let reply = try replies()[0]
        #expect(
            reply.headers == [
                "ID": "receiver:1", "PARTITION_ID": "7", "DESTINATION": "answers",
                "DATE": "Wed, 01 Jan 2020 12:04:55 GMT", "reply_type": "Success",
                "reply_outcome-type": "SUCCESS", "reply_to_message_id": "sender:1",
                "commandreply_type": "Do", "commandreply__destination": "participant",
                "commandreply_reply_to": "answers", "commandreply_saga_type": "S",
                "commandreply_saga_id": "7", "causation-id": "sender:1",
                "correlation-id": "sender:1",
            ])
        #expect(reply.payload == "{}")
    }

    @Test func `a refusal undoes what was half done, and is answered`() throws {
        try send(0)
        #expect(try outcomes() == [.refused])
        #expect(try done() == 0)
        let reply = try replies()[0]
        #expect(reply.type == "SoldOut")
        #expect(reply.headers["reply_outcome-type"] == "FAILURE")
        #expect(reply.payload == #"{"left":0}"#)
        #expect(try receiver.read { try Inbox($0).count() } == 1)
        #expect(try sender.read { try Outbox($0).pendingCount() } == 0)
    }

    @Test func `an accident leaves the command pending, and answers nothing`() throws {
        try send(-1)
        #expect(try outcomes() == [.failed])
        #expect(try done() == 0)
        #expect(try replies() == [])
        #expect(try receiver.read { try Inbox($0).count() } == 0)
        #expect(try sender.read { try Outbox($0).pendingCount() } == 1)
    }

    @Test func `a notification is not answered`() throws {
        try send(1, replyTo: nil)
        #expect(try outcomes() == [.handled])
        #expect(try done() == 1)
        #expect(try replies() == [])
    }

    @Test func `a command that nobody there knows is a failed delivery, and not lost`() throws {
        try sender.write {
            _ = try $0.send(Undo(step: 1), to: .participant, orderedBy: "7", replyTo: "answers")
        }
        #expect(try outcomes() == [.failed])
        #expect(try sender.read { try Outbox($0).pendingCount() } == 1)
    }
}

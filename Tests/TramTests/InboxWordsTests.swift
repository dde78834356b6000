import TestSupport
import Testing
import TramSQLite

@testable import Tram

/// What handlers said stays beside the rows of the inbox.
@Suite struct InboxWordsTests {
    /// `MESSAGE OUTCOME: WORDS` for every row of an inbox.
    private func words(_ store: SQLiteStore, of subscriber: String) throws -> [String] {
        try store.read { try Inbox($0).entries(after: nil, limit: 100) }
            .filter { $0.subscriber == subscriber }
            .map {
                let outcome = $0.outcome?.rawValue ?? "unknown"
                return "\($0.message) \(outcome): \($0.effects.joined(separator: " + "))"
            }
    }

    @Test func `a handler's words are kept, and those of a failure are not`() throws {
        let system = try Relayed()
        for (thing, number) in [1, 0, -1].enumerated() {
            try system.publish(number, about: thing)
        }
        try system.relay.run().pass()
        #expect(
            try words(system.receiver, of: "listener") == [
                "sender:1 handled: 1", "sender:2 ignored: nothing",
            ])
        #expect(try words(system.sender, of: "counter").count == 3)
    }

    @Test func `words of any characters come back as they were said`() throws {
        let said = ["a \"b\" \\ c", "", "line\nbreak\ttab\r", "\u{1}\u{1F}", "ü🚋/"]
        let store = try messagingStore("store")
        let id = MessageID(service: "other", number: 1)
        try store.write {
            _ = try Inbox($0).record(id, for: "x", outcome: .handled(said))
        }
        let entry = try store.read { try Inbox($0).entries(after: nil, limit: 1) }.first
        #expect(entry?.outcome == .handled)
        #expect(entry?.effects == said)
    }

    @Test func `words that were not kept are unknown`() throws {
        let store = try messagingStore("store")
        try store.write { transaction in
            _ = try Inbox(transaction).record(MessageID(service: "other", number: 1), for: "x")
            try transaction.execute(
                """
                INSERT INTO received_messages
                    (consumer_id, message_id, creation_time, outcome, effects)
                VALUES ('x', 'other:2', 0, 'danced', '[')
                """)
        }
        #expect(try words(store, of: "x") == ["other:1 unknown: ", "other:2 unknown: "])
    }

    @Test func `a stashed command's words are those of its end`() throws {
        let sender = try messagingStore("sender")
        let receiver = try messagingStore("receiver")
        let handlers = CommandHandlers(
            "receiver", on: .participant,
            [
                .on(Do.self, locking: { _ in "Thing/1" }) { command, _ in
                    if command.step == 0 { throw SoldOut(left: 0) }
                    return .success(Done(), "did \(command.step)", "well")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [handlers]),
        ])
        func send(_ command: some Command, saga: String, unlocking target: String? = nil) throws {
            try sender.send(command, ofSaga: saga, unlocking: target)
        }
        struct Unlock: Command { static let commandType = "SagaUnlockCommand" }
        try send(Do(step: 1), saga: "1")
        try send(Do(step: 2), saga: "2")
        try send(Do(step: 0), saga: "3")
        try relay.run().pass(RelayRun.Bounds(source: "sender"))
        #expect(
            try words(receiver, of: "receiver") == [
                "sender:1 handled: did 1 + well",
                "sender:2 stashed: Thing/1 is locked by S 1",
                "sender:3 stashed: Thing/1 is locked by S 1",
            ])
        try send(Unlock(), saga: "1", unlocking: "Thing/1")
        try send(Unlock(), saga: "2", unlocking: "Thing/1")
        try relay.run().pass(RelayRun.Bounds(source: "sender"))
        #expect(
            try words(receiver, of: "receiver") == [
                "sender:1 handled: did 1 + well", "sender:2 handled: did 2 + well",
                "sender:3 refused: SoldOut + unlocked Thing/1",
                "sender:4 handled: unlocked Thing/1", "sender:5 handled: unlocked Thing/1",
            ])
    }

    @Test func `a message that its own handler receives again is a duplicate`() throws {
        let sender = try messagingStore("sender")
        let receiver = try messagingStore("receiver")
        /// Receives its own message once more.
        struct Twice: Subscriber {
            let id = "twice"
            func accepts(type: String, from channel: String) -> Bool { type == "Happened" }
            func handle(
                _ message: Message, in transaction: any Transaction
            ) throws -> HandlerOutcome {
                let store = try messagingStore("unused")
                let service = try Service(store: store, subscribers: [self])
                let again = try service.receive(message, for: self, in: transaction)
                return .handled("again: \(again.outcome)")
            }
        }
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [Twice()]),
        ])
        try sender.write { _ = try $0.publish(Happened(number: 1), about: 1) }
        try relay.run().pass()
        #expect(try words(receiver, of: "twice") == ["sender:1 handled: again: duplicate"])
    }

    @Test func `a message that gets another number keeps its words`() throws {
        let store = try messagingStore("store")
        let (former, new) = (
            MessageID(service: "other", number: 1), MessageID(service: "other", number: 9)
        )
        try store.write { transaction in
            let inbox = Inbox(transaction)
            _ = try inbox.record(former, digest: 5, for: "x", outcome: .refused(["no", "never"]))
            for _ in 1...2 { try inbox.copy(former, as: new, for: "x") }
            try inbox.copy(former, as: new, for: "y")
            // It is the same message for the inbox, and another one is not.
            #expect(try !inbox.isNew(new, digest: 5, sent: nil, for: "x"))
            #expect(throws: StoreError.self) {
                try inbox.isNew(new, digest: 6, sent: nil, for: "x")
            }
        }
        #expect(
            try words(store, of: "x") == [
                "other:1 refused: no + never", "other:9 refused: no + never",
            ])
        #expect(try words(store, of: "y") == [])
    }

    @Test func `a purge drops the words with their rows`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.publish(2, about: 2)
        try system.relay.run().pass()
        _ = try system.relay.purge()
        #expect(try words(system.receiver, of: "listener") == ["sender:2 handled: 2"])
    }
}

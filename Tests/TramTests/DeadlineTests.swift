import TestSupport
import Testing
import Tram
import TramSQLite

/// Overdue sagas, among many others and between two relays.
@Suite struct DeadlineTests {
    struct Ask: Command { static let commandType = "Ask" }
    struct Forget: Command { static let commandType = "Forget" }

    struct Asking: Saga {
        static let sagaType = "Asking"
        struct Data: Codable, Sendable {}

        var steps: [Step<Data>] {
            [
                Step("ask").invokeParticipant("nobody") { _ in Ask() }
                    .deadline(.milliseconds(100))
                    .withCompensation("nobody") { _ in Forget() }
            ]
        }
    }

    @Test func `an overdue saga expires also behind many whose replies are on their way`() throws {
        var now: Int64 = 0
        let sagas = try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
            clock: { Timestamp(milliseconds: now) })
        let manager = try SagaManager(Asking(), id: "sagas")
        let silent = CommandHandlers(
            "nobody", on: "nobody",
            [
                .on(Ask.self) { _, _ in .noReply() }, .on(Forget.self) { _, _ in .noReply() },
            ])
        let relay = try Relay(
            wholeSystem: [
                Service(store: sagas, subscribers: [manager, silent])
            ], chunk: 10)
        for _ in 1...25 {
            try sagas.write { _ = try manager.start(Asking.Data(), in: $0) }
        }
        // The replies to all but the last are there, and cannot be delivered before they are due.
        for saga in 1...24 {
            try sagas.write { transaction in
                struct Late: Command { static let commandType = "Late" }
                try transaction.send(
                    Late(), to: CommandChannel(stringLiteral: Asking.replyChannel),
                    orderedBy: "\(saga)")
            }
        }
        now = 1000
        var expired: [String] = []
        try relay.run().pass(RelayRun.Bounds(messages: 1)) {
            if case .expired(let expiry) = $0 { expired.append(expiry.effect) }
        }
        #expect(expired == ["Asking 25: ask timed out, undoing of ask requested"])
    }

    @Test func `two relays that find a saga overdue expire it once`() throws {
        var now: Int64 = 0
        let sagas = try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
            clock: { Timestamp(milliseconds: now) })
        let manager = try SagaManager(Asking(), id: "sagas")
        try sagas.write { _ = try manager.start(Asking.Data(), in: $0) }
        now = 1000
        let overdue = try sagas.read {
            try manager.awaited(overdueAt: $0.now, after: nil, limit: 9, in: $0)
        }
        #expect(overdue.count == 1)
        let first = try sagas.write { try manager.expire(overdue[0], in: $0) }
        let second = try sagas.write { try manager.expire(overdue[0], in: $0) }
        #expect(first != nil)
        #expect(second == nil)
        let sent = try sagas.read { try Outbox($0).count() }
        #expect(sent == 2, "the command and its compensation")
    }
}

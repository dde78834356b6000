import Testing
import Tram
import TramSQLite

/// A participant that answers when a saga of its own has ended.
@Suite struct NestedSagaTests {
    /// Answers whoever asked for it when it has ended.
    struct InnerSaga: Saga {
        static let sagaType = "InnerSaga"

        struct Data: Codable, Sendable {
            let asker: ReplyToken
        }

        var steps: [Step<Data>] {
            [Step("do").invokeParticipant("innermost") { _ in Do(step: 2) }]
        }

        func completed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws {
            try transaction.reply(Done(), to: data.asker)
        }

        func rolledBack(
            _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
        ) throws {
            try transaction.reply(Declined(), to: data.asker)
        }
    }

    @Test(arguments: [true, false])
    func shouldInvokeNestedSaga(isDone: Bool) throws {
        let sender = try messagingStore("sender")
        let receiver = try messagingStore("receiver")
        let outer = try SagaManager(TestSaga(.remote(1)), id: "outer")
        let inner = try SagaManager(InnerSaga(), id: "inner")
        let starter = CommandHandlers(
            "receiver", on: .participant,
            [
                .on(Do.self) { command, transaction in
                    try inner.start(InnerSaga.Data(asker: command.replyToken), in: transaction)
                    return .noReply("started the inner saga")
                }
            ])
        let innermost = CommandHandlers(
            "innermost", on: "innermost",
            [
                .on(Do.self) { _, _ in
                    if !isDone { throw Declined() }
                    return .success()
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: [outer, innermost]),
            Service(store: receiver, subscribers: [starter, inner]),
        ])
        let id = try sender.write { try outer.start(TestSaga.Data(), in: $0).reference.id }
        let run = relay.run()
        while try !run.pass().isIdle {}
        let state = try sender.read { try outer.instance(id, in: $0)?.state }
        #expect(state == (isDone ? .completed : .rolledBack))
    }
}

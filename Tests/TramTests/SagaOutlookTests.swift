import TestSupport
import Testing
import Tram
import TramSQLite

/// What an operator is told of a saga before something is decided about it.
@Suite struct SagaOutlookTests {
    /// A participant tells a third service whom to answer, which is no participant itself.
    @Test func `a reply is looked for in the outboxes of all services`() throws {
        let sagas = try messagingStore("sagas")
        let shop = try SQLiteStore(
            inMemory: "shop",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [["CREATE TABLE kept (token TEXT) STRICT"]]), clock: fixedClock)
        let desk = try messagingStore("desk")
        let manager = try SagaManager(
            Booking(steps: [
                Step("book").invokeParticipant("shop") { _ in Do(step: 1) }
                    .withCompensation("shop") { _ in Undo(step: 1) }
            ]), id: "sagas")
        let handlers = CommandHandlers(
            "shop", on: "shop",
            [
                .on(Do.self) { command, transaction in
                    let token = try WireFormat.encode(command.replyToken)
                    try transaction.execute("INSERT INTO kept VALUES (\(token))")
                    return .noReply("the desk will answer")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: sagas, subscribers: [manager]),
            Service(store: shop, subscribers: [handlers]),
            Service(store: desk, subscribers: []),
        ])
        _ = try sagas.write { try manager.start(Booking.Data(), in: $0) }
        try relay.run().pass()
        let saga = SagaReference(type: "Booking", id: "1")
        let before = try #require(try relay.outlook(of: saga))
        #expect(before.isStuck, "nobody has answered")
        #expect(before.handledBy == ["shop"])
        let kept: String = try shop.read { try $0.rows("SELECT token FROM kept")[0].values() }
        let token = try WireFormat.decode(ReplyToken.self, from: kept)
        try desk.write { _ = try $0.reply(Done(), to: token) }
        let outlook = try #require(try relay.outlook(of: saga))
        #expect(outlook.onItsWay?.id == MessageID(service: "desk", number: 1))
        #expect(!outlook.isStuck)
        for decision in [SagaDecision.resend, .retry] {
            #expect(throws: SagaError.self) {
                try sagas.write { try manager.decide(decision, outlook, in: $0) }
            }
        }
        try relay.run().pass()
        let after = try #require(try relay.outlook(of: saga))
        #expect(after.overview.state == .completed)
    }
}

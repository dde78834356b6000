import TestSupport
import Testing
import Tram
import TramSQLite
import TramTesting

/// What an operator may decide about a saga while it is not known what became of its command.
@Suite struct SagaDoubtTests {
    struct Booking: Saga {
        static let sagaType = "Booking"
        struct Data: Codable, Sendable {
            var isBooked = false
        }
        let steps: [Step<Data>]
    }

    /// A saga, and a shop that locks what it does, fails when it is told to, and can be silent.
    private struct Shop {
        let sagas: SQLiteStore
        let shop: SQLiteStore
        let manager: SagaManager<Booking>
        let relay: Relay
        let clock = Clock()
        let saga = SagaReference(type: "Booking", id: "1")

        final class Clock { var now = Timestamp(milliseconds: 0) }

        init(_ steps: Step<Booking.Data>...) throws {
            let clock = clock
            sagas = try SQLiteStore(
                inMemory: "sagas",
                schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
                clock: { clock.now })
            shop = try SQLiteStore(
                inMemory: "shop",
                schema: Schema(
                    applicationID: 2, library: LibraryTables.messagingAndSagas,
                    migrations: [
                        [
                            "CREATE TABLE done (what TEXT) STRICT",
                            "CREATE TABLE trouble (what TEXT) STRICT",
                        ]
                    ]), clock: { clock.now })
            manager = try SagaManager(Booking(steps: steps), id: "sagas")
            @Sendable func perform(_ what: String, _ transaction: any Transaction) throws
                -> CommandResult
            {
                let trouble = try transaction.rows("SELECT 1 FROM trouble WHERE what = \(what)")
                if !trouble.isEmpty { throw Breakdown() }
                try transaction.execute("INSERT INTO done VALUES (\(what))")
                return .success()
            }
            let handlers = CommandHandlers(
                "shop", on: "shop",
                [
                    .on(Do.self, locking: { "\($0.step)" }) { try perform("do \($0.step)", $1) },
                    .on(Undo.self) { try perform("undo \($0.step)", $1) },
                ])
            relay = try Relay(wholeSystem: [
                Service(store: sagas, subscribers: [manager]),
                Service(store: shop, subscribers: [handlers]),
            ])
            _ = try sagas.write { try manager.start(Booking.Data(), in: $0) }
        }

        func pass(_ times: Int = 1, maxAttempts: Int = 9) throws {
            for _ in 0..<times {
                try relay.run(parking: ParkingPolicy(maxAttempts: maxAttempts)).pass()
            }
        }

        func passUntilIdle() throws {
            let run = relay.run()
            while try !run.pass().isIdle {}
        }

        var outlook: SagaOutlook { get throws { try #require(try relay.outlook(of: saga)) } }

        @discardableResult
        func decide(_ decision: SagaDecision) throws -> [String] {
            let outlook = try outlook
            return try sagas.write { try manager.decide(decision, outlook, in: $0) }
        }

        var state: SagaState? {
            get throws { try sagas.read { try Sagas.overview(of: saga, in: $0)?.state } }
        }

        func change(_ text: StaticString, in store: SQLiteStore) throws {
            _ = try store.write { try $0.execute(SQL(stringLiteral: text)) }
        }

        func texts(_ query: StaticString) throws -> [String] {
            try shop.read {
                try $0.rows(SQL(stringLiteral: query)).map {
                    let text: String = try $0.values()
                    return text
                }
            }
        }

        func done() throws -> [String] { try texts("SELECT what FROM done ORDER BY rowid") }
    }

    private static func booking() -> Step<Booking.Data> {
        Step("book").invokeParticipant("shop") { _ in Do(step: 1) }
            .withCompensation("shop") { _ in Undo(step: 1) }
    }

    private func expectOnItsWay(
        _ message: String, _ shop: Shop, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outlook = try shop.outlook
        #expect(
            outlook.onItsWay?.id.description == message, sourceLocation: sourceLocation)
        #expect(outlook.handledBy == [], sourceLocation: sourceLocation)
        #expect(!outlook.isStuck || outlook.overview.state.isEnd, sourceLocation: sourceLocation)
        for decision in [SagaDecision.retry, .resend] {
            let error = #expect(throws: SagaError.self, sourceLocation: sourceLocation) {
                try shop.decide(decision)
            }
            guard case .notStuck? = error else {
                Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
                continue
            }
        }
    }

    // MARK: Commands that were given back

    @Test func `a command that could not be resumed is on its way until it is discarded`() throws {
        let shop = try Shop(Self.booking())
        try shop.change("INSERT INTO saga_lock_table VALUES ('1', 'Booking', '99')", in: shop.shop)
        try shop.pass()
        try shop.change("INSERT INTO trouble VALUES ('do 1')", in: shop.shop)
        try shop.sagas.write {
            try $0.unlock("1", on: "shop", of: SagaReference(type: "Booking", id: "99"))
        }
        try shop.pass()
        #expect(try shop.texts("SELECT message_id FROM saga_stash_table WHERE returned = 1") != [])
        try expectOnItsWay("sagas:1", shop)
        try shop.pass(maxAttempts: 1)
        #expect(try shop.sagas.read { try Outbox($0).parkedCount() } == 1)
        try expectOnItsWay("sagas:1", shop)
        // As if a relay had died before its outbox heard of it.
        try shop.change("UPDATE message SET published = 1", in: shop.sagas)
        try expectOnItsWay("sagas:1", shop)
        try shop.change("UPDATE message SET published = 0 WHERE id = 1", in: shop.sagas)
        try shop.relay.discard(DeadLetterSelection())
        #expect(try shop.outlook.isStuck)
        #expect(try shop.outlook.handledBy == [])
        try shop.decide(.resend)
        try shop.change("DELETE FROM trouble", in: shop.shop)
        try shop.passUntilIdle()
        #expect(try shop.state == .completed)
        #expect(try shop.done() == ["do 1"])
    }

    // MARK: Rolling back

    @Test func `a step in doubt is not passed over because its compensation is not wanted yet`()
        throws
    {
        let step = Step<Booking.Data>("book").invokeParticipant("shop") { _ in Do(step: 1) }
            .onReply(Done.self) { data, _ in data.isBooked = true }
            .withCompensation("shop", when: { $0.isBooked }) { _ in Undo(step: 1) }
        let shop = try Shop(
            step,
            Step("pay").invokeParticipant("shop") { _ in Do(step: 2) }
                .withCompensation("shop") { _ in Undo(step: 2) })
        try shop.pass()
        try shop.change("UPDATE message SET published = 1", in: shop.shop)
        #expect(throws: SagaError.notCompensatable(shop.saga, step: "book")) {
            try shop.decide(.rollback)
        }
        #expect(try shop.state == .running(step: "book"))
        try shop.change("UPDATE message SET published = 0", in: shop.shop)
        try shop.pass()
        #expect(try shop.state == .running(step: "pay"))
        try shop.decide(.rollback)
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.done().suffix(2) == ["undo 2", "undo 1"])
    }

    // MARK: Overdue compensations

    @Test func `an overdue compensation is not sent twice while it is on its way`() throws {
        let shop = try Shop(
            Self.booking().deadline(.milliseconds(100)),
            Step("pay").invokeParticipant("shop") { _ in Do(step: 2) }
                .withCompensation("shop") { _ in Undo(step: 2) })
        try shop.pass(2)
        try shop.change("INSERT INTO trouble VALUES ('undo 1')", in: shop.shop)
        try shop.decide(.rollback)
        try shop.pass(3)
        #expect(try shop.state == .compensating(step: "book"))
        shop.clock.now = Timestamp(milliseconds: 10_000)
        try shop.pass()
        #expect(try shop.state == .failed(step: "book"))
        let undo = try #require(try shop.outlook.request)
        try expectOnItsWay(undo.description, shop)
        // It is handled after all, and its reply comes to a saga that has failed.
        try shop.change("DELETE FROM trouble", in: shop.shop)
        try shop.passUntilIdle()
        let outlook = try shop.outlook
        #expect(outlook.isStuck)
        #expect(outlook.onItsWay == nil)
        #expect(outlook.handledBy == ["shop"])
        #expect(try shop.done().suffix(1) == ["undo 1"])
        try shop.decide(.resend)
        let resent = try shop.sagas.read {
            try #require(try Outbox($0).messages(after: undo.number, limit: 9).last).message
        }
        #expect(resent.type == "Undo")
        #expect(resent.headers[MessageHeader.commandSagaRepeated] == "true")
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
    }

    // MARK: Refusals in doubt

    @Test
    func `a refusal of the second command leaves the first in doubt, and an operator decides`()
        throws
    {
        let step = Step<TestSaga.Data>("step 2").invokeParticipant(.participant) { _ in
            Do(step: 2)
        }
        let saga = try SagaTest(TestSaga(.remote(1), step), TestSaga.Data())
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant)
            .decide(.resend)
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expectFailed(atStep: "step 2")
        let reference = SagaReference(type: "TestSaga", id: "1")
        #expect(throws: SagaError.notCompensatable(reference, step: "step 2")) {
            try saga.decide(.retry)
        }
        try saga.decide(.skip)
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    @Test func `a refusal of the only command has nothing in doubt`() throws {
        let step = Step<TestSaga.Data>("step 2").invokeParticipant(.participant) { _ in
            Do(step: 2)
        }
        try SagaTest(TestSaga(.remote(1), step), TestSaga.Data())
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }
}

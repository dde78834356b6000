import TestSupport
import Testing
import Tram
import TramSQLite
import TramTesting

/// What an operator may decide about a saga while it is not known what became of its command.
@Suite struct SagaDoubtTests {
    private static func booking(deadline: Duration? = nil) -> Step<Booking.Data> {
        let step = Step<Booking.Data>("book").invokeParticipant("shop") { _ in Do(step: 1) }
        return (deadline.map(step.deadline) ?? step)
            .withCompensation("shop") { _ in Undo(step: 1) }
    }

    private func expectOnItsWay(
        _ message: String, _ shop: DoubtfulShop, sourceLocation: SourceLocation = #_sourceLocation
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
        let shop = try DoubtfulShop(Self.booking())
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
        let shop = try DoubtfulShop(
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

    // MARK: Deadlines

    /// The deadline stays in the row when the definition is edited without a new version.
    @Test(arguments: [true, false])
    func `a deadline does not pass over a step whose compensation is not wanted`(
        hasCompensation: Bool
    ) throws {
        var shop = try DoubtfulShop(
            Step("pay").invokeParticipant("shop") { _ in Do(step: 0) }
                .withCompensation("shop") { _ in Undo(step: 0) },
            Self.booking(deadline: .milliseconds(100)))
        try shop.pass(3)
        #expect(try shop.state == .running(step: "book"))
        #expect(try shop.done() == ["do 0", "do 1"])
        // Its reply does not come in time.
        try shop.change("UPDATE message SET published = 1", in: shop.shop)
        let book = Step<Booking.Data>("book").invokeParticipant("shop") { _ in Do(step: 1) }
            .onReply(Done.self) { data, _ in data.isBooked = true }
        try shop.edit(
            Step("pay").invokeParticipant("shop") { _ in Do(step: 0) }
                .withCompensation("shop") { _ in Undo(step: 0) },
            hasCompensation
                ? book.withCompensation("shop", when: { $0.isBooked }) { _ in Undo(step: 1) }
                : book)
        shop.clock.now = Timestamp(milliseconds: 1000)
        try shop.passUntilIdle()
        #expect(try shop.state == .failed(step: "book"))
        #expect(try shop.done() == ["do 0", "do 1"], "nothing is undone before somebody decides")
        #expect(try shop.texts("SELECT target FROM saga_lock_table ORDER BY 1") == ["0", "1"])
        let outlook = try shop.outlook
        #expect(outlook.isStuck)
        #expect(outlook.handledBy == ["shop"])
        // A late reply does not count.
        try shop.change("UPDATE message SET published = 0", in: shop.shop)
        try shop.passUntilIdle()
        #expect(try shop.state == .failed(step: "book"))
        #expect(throws: SagaError.notCompensatable(shop.saga, step: "book")) {
            try shop.decide(.retry)
        }
        try shop.decide(.skip)
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.done() == ["do 0", "do 1", "undo 0"])
        #expect(try shop.texts("SELECT target FROM saga_lock_table") == [])
    }

    @Test func `a step that is undone in the sagas' own store is undone after its deadline`() throws
    {
        var shop = try DoubtfulShop(Self.booking(deadline: .milliseconds(100)))
        try shop.edit(
            Step("book").invokeParticipant("shop") { _ in Do(step: 1) }
                .withCompensation { data, _ in data.isBooked = false })
        shop.clock.now = Timestamp(milliseconds: 1000)
        try shop.change("UPDATE message SET published = 1", in: shop.sagas)
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack, "its compensation says what undoing it means")
    }

    // MARK: Overdue compensations

    @Test func `an overdue compensation is not sent twice while it is on its way`() throws {
        let shop = try DoubtfulShop(
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

    // MARK: Locks that nobody knows of

    @Test(arguments: [SagaDecision.skip, .abandon])
    func `a lock whose reply was given up is freed, and who waited for it goes on`(
        decision: SagaDecision
    ) throws {
        let shop = try DoubtfulShop(Self.booking())
        let other = SagaReference(type: "Booking", id: "2")
        try shop.pass()
        try shop.change("UPDATE message SET published = 1", in: shop.shop)
        _ = try shop.sagas.write { try shop.manager.start(Booking.Data(), in: $0) }
        try shop.passUntilIdle()
        #expect(try shop.texts("SELECT saga_id FROM saga_lock_table") == ["1"])
        #expect(try shop.texts("SELECT saga_id FROM saga_stash_table") == ["2"])
        try shop.decide(decision)
        try shop.passUntilIdle()
        #expect(try shop.texts("SELECT target FROM saga_lock_table") == [])
        #expect(try shop.done() == ["do 1", "do 1"])
        let state = try shop.sagas.read { try Sagas.overview(of: other, in: $0)?.state }
        #expect(state == .completed)
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
            .expectUnlock(on: .participant)
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

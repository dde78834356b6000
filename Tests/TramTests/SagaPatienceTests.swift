import Testing
import Tram
import TramSQLite
import TramTesting

/// How often a saga asks, and how long it waits for the answer.
@Suite struct SagaPatienceTests {
    private func test(
        _ data: TestSaga.Data = TestSaga.Data(), _ steps: Step<TestSaga.Data>...
    ) throws -> SagaTest<TestSaga> {
        try SagaTest(TestSaga(steps: steps), data)
    }

    @Test func `a refused step is tried again as often as it says`() throws {
        func saga() throws -> SagaTest<TestSaga> {
            try test(
                TestSaga.Data(), .remote(1),
                Step("two").invokeParticipant(.participant) { _ in Do(step: 2) }.retrying(
                    2, on: .anyRefusal))
        }
        try saga()
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Do(step: 2), to: .participant).reply(Done())
            .expectCompleted()
        try saga()
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    @Test func `a step that timed out is compensated too, and its late reply ignored`() throws {
        func saga() throws -> SagaTest<TestSaga> {
            try test(
                TestSaga.Data(), .remote(1),
                Step("two").invokeParticipant(.participant) { _ in Do(step: 2) }
                    .deadline(.milliseconds(5000))
                    .withCompensation(.participant) { _ in Undo(step: 2) })
        }
        let late = try saga()
        try late.expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant)
            .pass(.milliseconds(4999))
            .expectNoCommand()
            .pass(.milliseconds(1))
            .ignoredReply(Done())
            .expect(Undo(step: 2), to: .participant).reply(Done())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
        #expect(try late.log().map(\.event).contains(.timedOut))
        try saga()
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant)
            .pass(.milliseconds(4999))
            .reply(Done())
            .pass(.milliseconds(5000))
            .expectCompleted()
    }

    /// A saga with a deadline, and a participant, each in a service of its own.
    private func impatient() throws -> (
        store: SQLiteStore, manager: SagaManager<TestSaga>, relay: Relay, clock: Clock
    ) {
        let clock = Clock()
        let schema = Schema(
            applicationID: 1, library: LibraryTables.messagingAndSagas)
        let store = try SQLiteStore(inMemory: "sagas", schema: schema, clock: { clock.now })
        let other = try SQLiteStore(inMemory: "other", schema: schema, clock: { clock.now })
        let manager = try SagaManager(
            TestSaga(
                Step("one").invokeParticipant(.participant) { _ in Do(step: 1) }
                    .deadline(.milliseconds(5000))
                    .withCompensation(.participant) { _ in Undo(step: 1) }
                    .deadline(.milliseconds(5000))), id: "sagas")
        let participant = CommandHandlers(
            "participant", on: .participant,
            [.on(Do.self) { _, _ in .success() }, .on(Undo.self) { _, _ in .success() }])
        let relay = try Relay(wholeSystem: [
            Service(store: store, subscribers: [manager]),
            Service(store: other, subscribers: [participant]),
        ])
        return (store, manager, relay, clock)
    }

    private final class Clock {
        var now = Timestamp(milliseconds: 0)
    }

    @Test func `a reply that is on its way is in time`() throws {
        let (store, manager, relay, clock) = try impatient()
        _ = try store.write { try manager.start(TestSaga.Data(), in: $0) }
        let run = relay.run()
        try run.pass()
        clock.now = Timestamp(milliseconds: 6000)
        while try !run.pass().isIdle {}
        let state = try store.read { try manager.instance("1", in: $0)?.state }
        #expect(state == .completed)
    }

    @Test func `an advanced run meets the deadlines there are, and stamps the true time`() throws {
        let (store, manager, relay, clock) = try impatient()
        _ = try store.write { try manager.start(TestSaga.Data(), in: $0) }
        // The command is lost.
        try store.write { _ = try $0.execute("UPDATE message SET published = 1") }
        clock.now = Timestamp(milliseconds: 1000)
        func pass(_ run: RelayRun, advance: Int) throws -> Int {
            var expiries = 0
            // Not from the sagas' outbox: the compensation's command is not delivered.
            try run.pass(RelayRun.Bounds(source: "other", advance: .milliseconds(advance))) {
                if case .expired = $0 { expiries += 1 }
            }
            return expiries
        }
        #expect(try pass(relay.run(), advance: 3999) == 0)
        let run = relay.run()
        #expect(try pass(run, advance: 5000) == 1)
        let stamp: Int = try store.read {
            try $0.rows(
                """
                SELECT max(creation_time) FROM
                    (SELECT creation_time FROM saga_log
                     UNION ALL SELECT creation_time FROM message)
                """)[0].values()
        }
        #expect(stamp == 1000)
        #expect(try pass(run, advance: 5000) == 0, "the compensation has its whole time")
        let instance = try store.read { try manager.instance("1", in: $0) }
        #expect(instance?.state == .compensating(step: "one"))
        #expect(instance?.deadline == Timestamp(milliseconds: 6000))
    }

    @Test func `the relay expires what has waited too long, and one broken saga stops no other`()
        throws
    {
        let (store, manager, relay, clock) = try impatient()
        for _ in 1...2 { _ = try store.write { try manager.start(TestSaga.Data(), in: $0) } }
        try store.write { transaction in
            // The commands are lost, and the first saga's data is spoiled.
            try transaction.execute("UPDATE message SET published = 1")
            try transaction.execute("UPDATE saga_instance SET saga_data_json = '{' WHERE id = 1")
        }
        #expect(
            try relay.deadlines(limit: 9) == [
                "TestSaga 1 for the reply to sagas:1", "TestSaga 2 for the reply to sagas:2",
            ])
        clock.now = Timestamp(milliseconds: 5000)
        let run = relay.run()
        var expiries: [Expiry] = []
        func pass() throws -> Bool {
            try run.pass { if case .expired(let expiry) = $0 { expiries.append(expiry) } }.isIdle
        }
        while try !pass() {}
        #expect(expiries.map(\.isFailed) == [true, false], "a failed one is tried once in a run")
        #expect(run.hasFailed)
        #expect(expiries[1].published.map(\.type) == ["Undo"])
        let state = try store.read { try manager.instance("2", in: $0)?.state }
        #expect(state == .rolledBack)
        run.retryFailed()
        #expect(!run.hasFailed)
        _ = try pass()
        #expect(expiries.map(\.isFailed) == [true, false, true])
    }
}

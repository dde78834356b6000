import Testing
import Tram
import TramSQLite
import TramTesting

/// The original's tests of the saga DSL, under its names, and what it leaves open.
@Suite struct SagaTests {
    private func test(
        _ data: TestSaga.Data = TestSaga.Data(), _ steps: Step<TestSaga.Data>...
    ) throws -> SagaTest<TestSaga> {
        try SagaTest(
            TestSaga(steps: steps), data, tables: ["CREATE TABLE note (text TEXT) STRICT"])
    }

    private func notes(_ test: SagaTest<TestSaga>) throws -> [String] {
        try test.read {
            try $0.rows("SELECT text FROM note ORDER BY rowid").map {
                let text: String = try $0.values()
                return text
            }
        }
    }

    // MARK: Local steps (LocalSagaTest, LocalExceptionCreateOrderSagaTest)

    @Test func shouldExecuteAllStepsSuccessfully() throws {
        try test(TestSaga.Data(), .local("one"), .remote(2), .local("three"))
            .expect(Do(step: 2), to: .participant)
            .reply(Done())
            .expectCompleted { #expect($0.notes == ["one", "three"]) }
    }

    @Test func shouldRollbackFromStep2() throws {
        try test(TestSaga.Data(), .local("one"), .remote(2), .local("three"))
            .expect(Do(step: 2), to: .participant)
            .reply(Declined())
            .expectRolledBack { #expect($0.notes == ["one", "undo one"]) }
    }

    @Test func shouldHandleFailureOfFirstLocalStep() throws {
        #expect(throws: SoldOut.self) {
            try test(TestSaga.Data(), .local("one", failing: SoldOut(left: 0)), .remote(2))
        }
    }

    @Test func shouldHandleFailureOfLastLocalStep() throws {
        let saga = try test(
            TestSaga.Data(), .local("one"), .remote(2), .local("three", failing: SoldOut(left: 0)))
        try saga.expect(Do(step: 2), to: .participant)
            .reply(Done())
            .expect(Undo(step: 2), to: .participant)
            .reply(Done())
            .expectRolledBack { #expect($0.notes == ["one", "undo one"]) }
        #expect(try notes(saga) == ["one"], "what the refused step had written is undone")
    }

    @Test func shouldRollbackDueToLocalStepFailure() throws {
        try test(
            TestSaga.Data(), .remote(1),
            .local("two", failing: Breakdown()).rollingBack(on: Breakdown.self) { data, _ in
                data.notes.append("broken")
            }
        )
        .expect(Do(step: 1), to: .participant)
        .reply(Done())
        .expect(Undo(step: 1), to: .participant)
        .reply(Done())
        .expectRolledBack { #expect($0.notes == ["broken"]) }
    }

    @Test func shouldFailWithUnexpectedException() throws {
        let saga = try test(TestSaga.Data(), .remote(1), .local("two", failing: Breakdown()))
        try saga.expect(Do(step: 1), to: .participant)
        // An accident: the delivery fails, and the reply comes again.
        #expect(throws: Unexpected.self) { try saga.reply(Done()) }
        #expect(try notes(saga) == [])
        try saga.expectNoCommand()
    }

    // MARK: Conditions (ConditionalSagaTest, WithHandlersSagaTest)

    private func conditional(_ isWanted: Bool) throws -> SagaTest<TestSaga> {
        try test(
            TestSaga.Data(isWanted: isWanted),
            Step("one")
                .invokeParticipant(.participant, when: \.isWanted) { _ in Do(step: 1) }
                .onReply(SoldOut.self) { data, reply in data.notes.append("left \(reply.left)") }
                .withCompensation(.participant) { _ in Undo(step: 1) }
                .onReply(Done.self) { data, _ in data.notes.append("undone") },
            .remote(2), .remote(3))
    }

    @Test func shouldExecuteAllStepsExcept1Successfully() throws {
        try conditional(false)
            .expect(Do(step: 2), to: .participant).reply(Done())
            .expect(Do(step: 3), to: .participant).reply(Done())
            .expectCompleted()
    }

    @Test func shouldRollback() throws {
        try conditional(true)
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(Done())
            .expect(Do(step: 3), to: .participant).reply(Declined())
            .expect(Undo(step: 2), to: .participant).reply(Done())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack { #expect($0.notes == ["undone"]) }
    }

    @Test func shouldRollbackExcept1() throws {
        // The original compensates the step that was skipped, unless its compensation has the same
        // condition.
        try conditional(false)
            .expect(Do(step: 2), to: .participant).reply(Done())
            .expect(Do(step: 3), to: .participant).reply(Declined())
            .expect(Undo(step: 2), to: .participant).reply(Done())
            .expectRolledBack()
    }

    @Test func shouldFailOnFirstStep() throws {
        try conditional(true)
            .expect(Do(step: 1), to: .participant)
            .reply(SoldOut(left: 3))
            .expectRolledBack { #expect($0.notes == ["left 3"]) }
    }

    @Test func `a condition is honoured in every position`() throws {
        func saga(_ isWanted: Bool) throws -> SagaTest<TestSaga> {
            try test(
                TestSaga.Data(isWanted: isWanted),
                Step("only undone").withCompensation(.participant, when: \.isWanted) { _ in
                    Undo(step: 1)
                },
                Step("local").invokeLocal(when: \.isWanted) { data, _ in data.notes.append("local")
                }
                .withCompensation(when: \.isWanted) { data, _ in data.notes.append("undo") },
                Step("notice").notifyParticipant(.participant, when: \.isWanted) { _ in Do(step: 3)
                }
                .withCompensationNotification(.participant, when: \.isWanted) { _ in
                    Undo(step: 3)
                },
                .remote(4))
        }
        try saga(true)
            .expectNotification(Do(step: 3), to: .participant)
            .expect(Do(step: 4), to: .participant).reply(Declined())
            .expectNotification(Undo(step: 3), to: .participant)
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack { #expect($0.notes == ["local", "undo"]) }
        try saga(false)
            .expect(Do(step: 4), to: .participant).reply(Declined())
            .expectRolledBack { #expect($0.notes == []) }
    }

    // MARK: Notifications

    private func notifying(_ isWanted: Bool) throws -> SagaTest<TestSaga> {
        try test(
            TestSaga.Data(isWanted: isWanted), .remote(1),
            Step("fulfil order").notifyParticipant(.participant, when: \.isWanted) { _ in
                Do(step: 2)
            },
            Step("inventory").invokeParticipant(.participant) { _ in Do(step: 3) }
                .withCompensationNotification(.participant, when: \.isWanted) { _ in Undo(step: 3)
                },
            .remote(4))
    }

    @Test func shouldExecuteAllStepsSuccessfullyWithSkippedFulfilOrder() throws {
        try notifying(false)
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 3), to: .participant).reply(Done())
            .expect(Do(step: 4), to: .participant).reply(Done())
            .expectCompleted()
    }

    @Test func shouldRollbackWithSkippedReleaseInventory() throws {
        try notifying(false)
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 3), to: .participant).reply(Done())
            .expect(Do(step: 4), to: .participant).reply(Declined())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    @Test func `notifications wait for nothing, forward and backward`() throws {
        try notifying(true)
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expectNotification(Do(step: 2), to: .participant)
            .expect(Do(step: 3), to: .participant).reply(Done())
            .expect(Do(step: 4), to: .participant).reply(Declined())
            .expectNotification(Undo(step: 3), to: .participant)
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    // MARK: Failed compensations

    @Test func shouldChangeStateOfSagaToFailedWhenCompensatingTransactionFails() throws {
        let saga = try test(TestSaga.Data(), .local("one"), .remote(2), .remote(3))
        try saga.expect(Do(step: 2), to: .participant).reply(Done())
            .expect(Do(step: 3), to: .participant).reply(Declined())
            .expect(Undo(step: 2), to: .participant).reply(Declined())
            .expectFailed(atStep: "step 2") { #expect($0.notes == ["one"]) }
        #expect(try ends(saga) == ["failed"], "not also rolled back")

        // Taken up again, it goes on where it stood.
        try saga.retry()
            .expect(Undo(step: 2), to: .participant).reply(Done())
            .expectUnlock(on: .participant)
            .expectRolledBack { #expect($0.notes == ["one", "undo one"]) }
        #expect(try ends(saga) == ["failed", "rolled back"])
        #expect(throws: SagaError.self) { try saga.retry() }
    }

    private func ends(_ test: SagaTest<TestSaga>) throws -> [String] {
        try test.read {
            try Outbox($0).messages(after: 0, limit: 100).map(\.message)
                .filter { $0.type == SagaEnded.eventType }
                .map { String($0.payload.dropFirst(#"{"how":""#.count).dropLast(2)) }
        }
    }

    // MARK: What counts as a reply

    @Test func `a second reply does not move the saga twice`() throws {
        try test(TestSaga.Data(), .remote(1), .remote(2), .remote(3))
            .expect(Do(step: 1), to: .participant)
            .reply(Done())
            .ignoredReply(Done())
            .ignoredReply(Declined())
            .expect(Do(step: 2), to: .participant)
            .expectNoCommand()
    }

    @Test func `a reply to a saga that has ended is ignored, and visible`() throws {
        let saga = try test(TestSaga.Data(), .remote(1))
        try saga.expect(Do(step: 1), to: .participant)
            .reply(Done())
            .expectCompleted()
            .ignoredReply(Declined())
            .expectCompleted()
        #expect(try saga.log().map(\.event) == [.started, .requested, .done, .completed, .ignored])
    }

    // MARK: Patience

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

    @Test func `what cannot be run as it is defined is refused`() {
        let withoutCompensation = TestSaga(
            Step("one").invokeParticipant(.participant) { _ in Do(step: 1) }
                .deadline(.milliseconds(1)))
        #expect(
            throws: WiringError.badSaga(
                .deadlineWithoutCompensation(saga: "TestSaga", step: "one"))
        ) { try SagaManager(withoutCompensation, id: "x") }
        let elsewhere = TestSaga(
            Step("one").invokeParticipant(.participant) { _ in Do(step: 1) }
                .deadline(.milliseconds(1))
                .withCompensation("elsewhere") { _ in Undo(step: 1) })
        #expect(throws: WiringError.self) { try SagaManager(elsewhere, id: "x") }
        let conditional = TestSaga(
            Step("one").invokeParticipant(.participant) { _ in Do(step: 1) }
                .deadline(.milliseconds(1))
                .withCompensation(.participant, when: \.isWanted) { _ in Undo(step: 1) })
        #expect(throws: WiringError.self) { try SagaManager(conditional, id: "x") }
        #expect(throws: WiringError.badSaga(.emptyStep(saga: "TestSaga", step: "one"))) {
            try SagaManager(TestSaga(Step("one")), id: "x")
        }
        let impatient = TestSaga(Step("one").invokeLocal { _, _ in }.retrying(1, on: .anyRefusal))
        #expect(
            throws: WiringError.badSaga(.impatienceWithoutReply(saga: "TestSaga", step: "one"))
        ) { try SagaManager(impatient, id: "x") }
        let twins = TestSaga(.local("one"), .local("one"))
        #expect(throws: WiringError.badSaga(.stepTwice(saga: "TestSaga", step: "one"))) {
            try SagaManager(twins, id: "x")
        }
        #expect(throws: WiringError.badSaga(.noSteps(saga: "TestSaga"))) {
            try SagaManager(TestSaga(), id: "x")
        }
    }

    // MARK: Definition and instances

    @Test func `the definition is data`() {
        let saga = TestSaga(
            .local("one"), .remote(2),
            Step("three").notifyParticipant(.participant) { _ in Do(step: 3) })
        #expect(
            saga.definition.steps.map { "\($0.name): \($0.action?.description ?? "-")" } == [
                "one: local", "step 2: Do -> participant", "three: Do -> participant, no reply",
            ])
        #expect(
            saga.definition.steps[1].compensation
                == .request(
                    command: "Undo", channel: "participant"))
    }

    @Test func shouldSaveAndLoad() throws {
        let store = try Self.store()
        let manager = try SagaManager(TestSaga(.remote(1), .remote(2)), id: "saga")
        let started = try store.write {
            try manager.start(TestSaga.Data(notes: ["kept"]), in: $0)
        }
        let loaded = try store.read { try manager.instance(started.reference.id, in: $0) }
        #expect(loaded?.state == .running(step: "step 1"))
        #expect(loaded?.data == TestSaga.Data(notes: ["kept"]))
        #expect(loaded?.lastRequest == MessageID(service: "sagas", number: 1))
        let columns = try store.read {
            try $0.rows(
                """
                SELECT saga_type, saga_id, state_name, last_request_id, end_state FROM saga_instance
                """)[0].columns
        }
        #expect(
            columns == [
                .text("TestSaga"), .text("1"),
                .text(
                    #"{"compensating":false,"currentlyExecuting":"step 1","endState":false,"failed":false}"#
                ),
                .text("sagas:1"), .integer(0),
            ])
    }

    @Test func shouldThrowExceptionWhenInstanceNotFound() throws {
        let store = try Self.store()
        let manager = try SagaManager(TestSaga(.remote(1)), id: "saga")
        let missing = try store.read { try manager.instance("7", in: $0)?.data }
        #expect(missing == nil)
        let gone = try store.write { try manager.start(TestSaga.Data(), in: $0).reference }
        let relay = try Relay(partOfSystem: [Service(store: store, subscribers: [manager])])
        let outlook = try #require(try relay.outlook(of: gone))
        _ = try store.write { try $0.execute("DELETE FROM saga_instance") }
        #expect(throws: SagaError.notFound(gone)) {
            try store.write { _ = try manager.decide(.retry, outlook, in: $0) }
        }
        #expect(try relay.outlook(of: gone) == nil)
    }

    static func store() throws -> SQLiteStore {
        try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas))
    }
}

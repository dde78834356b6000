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
}

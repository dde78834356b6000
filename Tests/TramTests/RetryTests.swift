import TestSupport
import Testing
import Tram
import TramSQLite
import TramTesting

/// What is sent again, when, and how often.
@Suite struct RetryTests {
    struct GatewayBusy: FailureReply {
        static let replyType = "GatewayBusy"
    }

    struct NoFunds: FailureReply {
        static let replyType = "NoFunds"
    }

    /// A test of a saga whose second step is retried as `patience` says, and has been requested.
    private func test(
        _ patience: (Step<TestSaga.Data>) -> Step<TestSaga.Data>
    ) throws -> SagaTest<TestSaga> {
        let second = Step<TestSaga.Data>("two").invokeParticipant(.participant) { _ in Do(step: 2) }
        let saga = TestSaga(
            .remote(1),
            patience(second).withCompensation(.participant) { _ in Undo(step: 2) })
        return try SagaTest(saga, TestSaga.Data())
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant)
    }

    // MARK: Refusals

    @Test func `a refusal that is named is tried again after a wait that grows`() throws {
        let test = try test { $0.retrying(3, on: GatewayBusy.self, after: .seconds(1), backoff: 2) }
        for wait in [1000, 2000, 4000] {
            try test.reply(GatewayBusy())
                .expectNoCommand()
                .pass(.milliseconds(wait - 1))
                .expectNoCommand()
                .pass(.milliseconds(1))
                .expect(Do(step: 2), to: .participant)
        }
        try test.reply(GatewayBusy())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
        let events = try test.log().filter { $0.step == "two" }.map(\.event)
        #expect(
            events == [
                .requested, .waiting, .retried, .requested, .waiting, .retried, .requested,
                .waiting,
                .retried, .requested, .refused,
            ])
    }

    @Test func `it may succeed in the end`() throws {
        try test { $0.retrying(1, on: GatewayBusy.self, after: .milliseconds(5)) }
            .reply(GatewayBusy())
            .pass(.milliseconds(5))
            .expect(Do(step: 2), to: .participant).reply(Done())
            .expectCompleted()
            .pass(.milliseconds(1_000_000))
            .expectCompleted()
    }

    @Test func `any other refusal rolls back at once, and the log names it`() throws {
        let test = try test { $0.retrying(3, on: GatewayBusy.self, after: .seconds(1)) }
        try test.reply(GatewayBusy()).pass(.milliseconds(1000))
            .expect(Do(step: 2), to: .participant).reply(NoFunds())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
        let refused = try test.log().filter { $0.event == .refused }
        #expect(refused.map(\.detail) == ["NoFunds"])
    }

    @Test func `each reason is counted for itself`() throws {
        let test = try test {
            $0.retrying(2, on: GatewayBusy.self).retrying(1, on: SoldOut.self, after: .seconds(7))
                .retrying(1, on: .anyRefusal)
        }
        try test.reply(GatewayBusy()).expect(Do(step: 2), to: .participant)
            .reply(SoldOut(left: 0)).expectNoCommand().pass(.milliseconds(7000))
            .expect(Do(step: 2), to: .participant)
            .reply(NoFunds()).expect(Do(step: 2), to: .participant)
            .reply(GatewayBusy()).expect(Do(step: 2), to: .participant)
            .reply(NoFunds()).expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    @Test func `a refusal that nobody has declared rolls back, and the log names it`() throws {
        let test = try SagaTest(
            TestSaga(
                .remote(1),
                Step("two").invokeParticipant(.participant) { _ in Do(step: 2) }
                    .onReply(SoldOut.self) { data, _ in data.notes.append("sold out") }),
            TestSaga.Data())
        try test.expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(NoFunds())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack { #expect($0.notes == []) }
        let refused = try test.log().filter { $0.event == .refused }
        #expect(refused.map(\.detail) == ["NoFunds"])
    }

    // MARK: Deadlines

    private func impatient() throws -> SagaTest<TestSaga> {
        try test {
            $0.deadline(.seconds(5)).retrying(2, on: .deadline, after: .seconds(1), backoff: 3)
        }
    }

    @Test func `after a deadline a step is tried again, and then rolled back`() throws {
        let test = try impatient()
        try test.pass(.milliseconds(5000)).expectNoCommand()
            .pass(.milliseconds(1000)).expect(Do(step: 2), to: .participant)
            .pass(.milliseconds(5000)).expectNoCommand()
            .pass(.milliseconds(2999)).expectNoCommand()
            .pass(.milliseconds(1)).expect(Do(step: 2), to: .participant)
            .pass(.milliseconds(5000))
            .expect(Undo(step: 2), to: .participant).reply(Done())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    @Test func `a late reply counts until the command is sent again`() throws {
        let late = try impatient()
        try late.pass(.milliseconds(5999)).reply(Done()).expectCompleted()
            .pass(.milliseconds(1_000_000)).expectCompleted()
        let refused = try impatient()
        try refused.pass(.milliseconds(5999)).reply(Declined())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    @Test func `after that only the reply to the last command counts`() throws {
        let sagas = try messagingStore("sagas")
        let manager = try SagaManager(
            TestSaga(
                Step("one").invokeParticipant(.participant) { _ in Do(step: 1) }
                    .deadline(.seconds(5)).retrying(1, on: .deadline)
                    .withCompensation(.participant) { _ in Undo(step: 1) }), id: "sagas")
        let service = try Service(store: sagas, subscribers: [manager])
        try sagas.write { _ = try manager.start(TestSaga.Data(), in: $0) }
        try expire(manager, sagas)
        let sent = try sagas.read { try Outbox($0).messages(after: 0, limit: 9).map(\.message) }
        #expect(sent.map(\.type) == ["Do", "Do"])
        #expect(sent.map { $0.headers["command_saga_repeated"] } == [nil, "true"])
        #expect(sent.map { $0.headers["command_saga_step"] } == ["one", "one"])
        func take(_ reply: any Reply, to command: Message, _ number: Int) throws -> DeliveryOutcome
        {
            let reply = try command.answer(reply)
            let answer = Message(
                id: MessageID(service: "x", number: number), type: reply.type,
                destination: reply.destination, partitionID: reply.partitionID,
                headers: reply.headers, payload: reply.payload)
            return try sagas.write { try service.receive(answer, for: manager, in: $0) }.outcome
        }
        #expect(try take(Done(), to: sent[0], 1) == .ignored)
        #expect(try take(Done(), to: sent[1], 2) == .handled)
        let state = try sagas.read { try manager.instance("1", in: $0)?.state }
        #expect(state == .completed)
    }

    @Test func `a refusal does not say that an earlier attempt was not done`() throws {
        let test = try impatient()
        // Nothing was heard of the first attempt: it may have reserved what the second does not get.
        try test.pass(.milliseconds(5000)).pass(.milliseconds(1000))
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Undo(step: 2), to: .participant).reply(Done())
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectRolledBack()
    }

    // MARK: Compensations

    @Test func `a compensation is sent again after its deadline, and then the saga has failed`()
        throws
    {
        let saga = TestSaga(
            Step("one").invokeParticipant(.participant) { _ in Do(step: 1) }
                .withCompensation(.participant) { _ in Undo(step: 1) }
                .deadline(.seconds(5)).retrying(1, on: .deadline, after: .seconds(1))
                .retrying(1, on: GatewayBusy.self, after: .seconds(2)),
            .remote(2))
        func undoing() throws -> SagaTest<TestSaga> {
            try SagaTest(saga, TestSaga.Data())
                .expect(Do(step: 1), to: .participant).reply(Done())
                .expect(Do(step: 2), to: .participant).reply(Declined())
                .expect(Undo(step: 1), to: .participant)
        }
        try undoing().pass(.milliseconds(5000)).expectNoCommand()
            .pass(.milliseconds(1000)).expect(Undo(step: 1), to: .participant)
            .reply(GatewayBusy()).pass(.milliseconds(2000))
            .expect(Undo(step: 1), to: .participant)
            .pass(.milliseconds(5000))
            .expectFailed(atStep: "one")
            .retry()
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectUnlock(on: .participant)
            .expectRolledBack()
        try undoing().reply(Declined()).expectFailed(atStep: "one")
    }

    // MARK: Definitions

    @Test func `senseless patience is refused`() {
        func refuses(
            _ error: SagaDefinitionError, _ step: Step<TestSaga.Data>
        ) {
            #expect(throws: WiringError.badSaga(error)) {
                try SagaManager(TestSaga(step), id: "x")
            }
        }
        let ask = Step<TestSaga.Data>("one").invokeParticipant(.participant) { _ in Do(step: 1) }
        func undone(_ step: Step<TestSaga.Data>) -> Step<TestSaga.Data> {
            step.withCompensation(.participant) { _ in Undo(step: 1) }
        }
        let senseless = SagaDefinitionError.senselessPatience(saga: "TestSaga", step: "one")
        refuses(senseless, ask.retrying(0, on: SoldOut.self))
        refuses(senseless, ask.retrying(-1, on: .anyRefusal))
        refuses(senseless, ask.retrying(1, on: .anyRefusal, after: .seconds(-1)))
        refuses(senseless, ask.retrying(1, on: .anyRefusal, backoff: 0))
        refuses(senseless, undone(ask.deadline(.zero)))
        refuses(senseless, undone(ask.deadline(.seconds(-1))))
        refuses(
            .retryWithoutDeadline(saga: "TestSaga", step: "one"),
            undone(ask.retrying(1, on: .deadline)))
        refuses(
            .retryWithoutDeadline(saga: "TestSaga", step: "one"),
            undone(ask.deadline(.seconds(1))).retrying(1, on: .deadline))
        refuses(
            .retryTwice(saga: "TestSaga", step: "one"),
            ask.retrying(1, on: SoldOut.self).retrying(2, on: SoldOut.self))
        refuses(
            .impatienceWithoutReply(saga: "TestSaga", step: "one"),
            Step("one").invokeLocal { _, _ in }.retrying(1, on: SoldOut.self))
        refuses(
            .impatienceWithoutReply(saga: "TestSaga", step: "one"),
            ask.withCompensationNotification(.participant) { _ in Undo(step: 1) }
                .deadline(.seconds(1)))
        #expect(throws: Never.self) {
            try SagaManager(
                TestSaga(
                    undone(ask.deadline(.seconds(1)).retrying(1, on: .deadline))
                        .deadline(.seconds(1)).retrying(1, on: .deadline)
                        .retrying(2, on: SoldOut.self, after: .seconds(1), backoff: 3)), id: "x")
        }
    }

    @Test(arguments: [Int.max, 1_000_000, 3])
    func `a wait that grows does so up to a year`(backoff: Int) throws {
        let test = try test {
            $0.retrying(60, on: .anyRefusal, after: .seconds(1), backoff: backoff)
        }
        let year = 365 * 86_400_000
        for _ in 1...60 {
            try test.reply(Declined()).expectNoCommand().pass(.milliseconds(year))
                .expect(Do(step: 2), to: .participant)
        }
        try test.reply(Declined()).expect(Undo(step: 1), to: .participant)
    }

    private func expire(_ manager: SagaManager<TestSaga>, _ store: SQLiteStore) throws {
        for late in try store.read({
            try manager.awaited(overdueAt: nil, after: nil, limit: 9, in: $0)
        }) {
            _ = try store.write { try manager.expire(late, in: $0) }
        }
    }
}

import Testing
import Tram

/// What a saga's steps say before anything runs.
@Suite struct SagaDefinitionTests {
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
}

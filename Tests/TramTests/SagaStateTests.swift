import Testing
import Tram

/// The transition function, with plain values.
@Suite struct SagaStateTests {
    private let all = ["0", "1", "2"].map {
        SagaState.StepChoice($0, runs: true, compensates: true)
    }

    private func choices(_ runs: [Bool], _ compensates: [Bool]) -> [SagaState.StepChoice] {
        zip(runs, compensates).enumerated().map {
            SagaState.StepChoice("\($0)", runs: $1.0, compensates: $1.1)
        }
    }

    @Test func `forward goes from step to step to the end`() {
        #expect(SagaState.beginning(all) == .running(step: "0"))
        #expect(SagaState.running(step: "0").next(.succeeded, all) == .running(step: "1"))
        #expect(SagaState.running(step: "2").next(.succeeded, all) == .completed)
        #expect(SagaState.beginning([]) == .completed)
    }

    @Test func `a failed step is not compensated itself, one that timed out is`() {
        #expect(SagaState.running(step: "2").next(.failed, all) == .compensating(step: "1"))
        #expect(SagaState.running(step: "2").next(.timedOut, all) == .compensating(step: "2"))
        #expect(SagaState.running(step: "0").next(.failed, all) == .rolledBack)
    }

    @Test func `backward goes from step to step to the beginning`() {
        #expect(SagaState.compensating(step: "2").next(.succeeded, all) == .compensating(step: "1"))
        #expect(SagaState.compensating(step: "0").next(.succeeded, all) == .rolledBack)
        #expect(SagaState.compensating(step: "1").next(.failed, all) == .failed(step: "1"))
        #expect(SagaState.compensating(step: "1").next(.timedOut, all) == .failed(step: "1"))
    }

    @Test func `what is not to be done is passed over`() {
        let some = choices([true, false, false, true], [true, false, true, true])
        #expect(SagaState.running(step: "0").next(.succeeded, some) == .running(step: "3"))
        #expect(SagaState.running(step: "3").next(.failed, some) == .compensating(step: "2"))
        #expect(
            SagaState.compensating(step: "2").next(.succeeded, some) == .compensating(step: "0"))
    }

    @Test func `a step that the definition does not have is not left`() {
        let strange = SagaState.running(step: "elsewhere")
        #expect(strange.next(.succeeded, all) == strange)
    }

    @Test func `an end state is final`() {
        for end in [SagaState.completed, .rolledBack, .failed(step: "1")] {
            for event in [SagaState.Event.succeeded, .failed, .timedOut] {
                #expect(end.next(event, all) == end)
            }
            #expect(end.isEnd)
        }
    }
}

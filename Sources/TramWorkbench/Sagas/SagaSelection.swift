internal import Tram

/// Which sagas many decisions are about.
package struct SagaSelection: Sendable {
    /// Their state, in the words of ``SagaStatus/state``; or `stuck`. Of those that are stranded or damaged,
    /// no decision is carried out but to abandon them.
    package let state: String
    /// The step that they stand at; any when nil.
    package let step: String?

    package init(state: String, step: String? = nil) {
        self.state = state
        self.step = step
    }

    /// The states that a saga can have and be helped.
    package static let states = [
        "stuck", "running", "compensating", "failed", "stranded", "damaged",
    ]

    package func contains(_ saga: SagaStatus) -> Bool {
        guard saga.isOrchestrated, !saga.isAbandoned, step == nil || step == saga.step else {
            return false
        }
        return state == "stuck" ? saga.wait.isStuck : state == saga.state
    }
}

/// Where a saga must stand for a decision about it; anywhere unless something is said.
package struct SagaPlace: Hashable, Sendable {
    /// The name of the step.
    package let step: String?
    /// One of ``states``: it tells a step's action from its compensation.
    package let state: String?

    package init(step: String? = nil, state: String? = nil) {
        self.step = step
        self.state = state
    }

    /// The states that can be asked for.
    package static let states = ["running", "compensating", "failed"]

    /// Why a decision is not possible; nil when the saga stands there.
    func objection(to now: SagaState) -> SagaDecisionError.Reason? {
        // One that has ended otherwise is refused for that.
        guard let place = now.step else { return nil }
        if let step, step != place { return .standsElsewhere(step: place) }
        if let state, state != now.word { return .notPossible("it is \(now.word)") }
        return nil
    }
}

package import Tram

/// Why a decision about a saga was refused.
package struct SagaDecisionError: Error, Hashable, Sendable {
    package let decision: SagaDecision
    package let saga: SagaName
    package let reason: Reason
    /// What would be accepted instead, where the saga stands now; empty where that was not looked at.
    package var alternatives: [SagaDecision] = []

    package enum Reason: Hashable, Sendable {
        case choreographed
        case ended(state: String)
        case abandoned
        /// The saga has moved since it was looked at.
        case moved
        /// The saga stands at another step than the operator meant.
        case standsElsewhere(step: String)
        /// What it waits for is on its way.
        case onItsWay(MessageHeading, isParked: Bool)
        case notCompensatable(step: String)
        case notPossible(String)
        /// The program does not know what the saga goes on by; with what it does not know.
        case stranded(String)
    }
}

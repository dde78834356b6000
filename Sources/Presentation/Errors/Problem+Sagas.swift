package import CustomersAndOrders
package import Tram

// What cannot be decided about a saga.

extension Problem {
    init(_ error: SagaDecisionError) {
        let order = error.order
        var code = Problem.Code.notStuck
        var help = "see the saga: tram saga show \(order)"
        let why: String
        switch error.reason {
        case .choreographed:
            code = .notPossible
            why = "it is choreographed, so no orchestrator can be told what to do"
        case .ended(let state): why = "it is \(state)"
        case .abandoned: why = "it was abandoned"
        case .moved:
            why = "it has moved on in the meantime"
        case .standsElsewhere(let step): why = "it stands at '\(step)'"
        case .onItsWay(let message, let isParked):
            why = "\(message.id) \(message.type) is \(isParked ? "parked" : "on its way")"
            help =
                isParked
                ? "decide about the message: tram deadletter retry \(message.id)"
                : "let it come: tram relay run --until-idle"
        case .notCompensatable(let step):
            code = .notCompensatable
            why = "the step '\(step)' was done or may have been, and has no compensation"
        case .notPossible(let reason):
            code = .notPossible
            why = reason
        case .stranded(let unknown):
            code = .sagaStranded
            why = "it is stranded: \(unknown)"
            help = "use a program that knows it, or give it up: tram saga abandon \(order)"
        }
        switch error.reason {
        case .notPossible, .notCompensatable:
            if let others = error.alternatives(naming: { "'tram saga \($0.rawValue) \(order)'" }) {
                help = "decide otherwise: \(others)"
            }
        default: break
        }
        var rule = "Nothing was changed."
        if error.decision == .retry, error.reason != .moved,
            code == .notStuck || code == .notPossible
        {
            code = .sagaNotFailed
            rule = "Only a saga that has failed or is stuck can be retried. Nothing was changed."
        }
        self.init(
            code: code, message: "\(error.what): \(why)",
            reason: rule, help: help, field: "id", value: "\(order)")
    }
}

extension SagaDecisionError {
    /// What would be accepted instead, as a choice; nil when nothing is known to be.
    package func alternatives(naming name: (SagaDecision) -> String) -> String? {
        let names = alternatives.map(name)
        guard let last = names.last else { return nil }
        return names.count == 1
            ? last : names.dropLast().joined(separator: ", ") + " or " + last
    }

    /// What cannot be done.
    fileprivate var what: String {
        switch decision {
        case .retry: "the saga of order \(order) cannot be retried"
        case .resend: "the command of the saga of order \(order) cannot be sent again"
        case .skip: "the step of the saga of order \(order) cannot be skipped"
        case .rollback: "the saga of order \(order) cannot be rolled back"
        case .abandon: "the saga of order \(order) cannot be abandoned"
        }
    }
}

package import Tram

// What cannot be decided about a saga.

extension SagaDecisionError: ProblemConvertible {
    package var problem: Problem {
        var code = Problem.Code.notStuck
        var help: Advice = "see the saga: \(command: "saga show \(saga.argument)")"
        let why: String
        switch reason {
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
                ? "decide about the message: \(command: "deadletter retry \(message.id)")"
                : "let it come: \(command: "relay run --until-idle")"
        case .notCompensatable(let step):
            code = .notCompensatable
            why = "the step '\(step)' was done or may have been, and has no compensation"
        case .notPossible(let reason):
            code = .notPossible
            why = reason
        case .stranded(let unknown):
            code = .sagaStranded
            why = "it is stranded: \(unknown)"
            help =
                "use a program that knows it, or give it up: \(command: "saga abandon \(saga.argument)")"
        }
        switch reason {
        case .notPossible, .notCompensatable:
            if let others = alternatives(naming: {
                "'\(command: "saga \($0.rawValue) \(saga.argument)")'"
            }) {
                help = "decide otherwise: " + others
            }
        default: break
        }
        var rule = "Nothing was changed."
        if decision == .retry, reason != .moved,
            code == .notStuck || code == .notPossible
        {
            code = .sagaNotFailed
            rule = "Only a saga that has failed or is stuck can be retried. Nothing was changed."
        }
        return Problem(
            code: code, message: "\(what): \(why)",
            reason: rule, help: help, field: "id", value: saga.argument)
    }
}

extension SagaDecisionError {
    /// What would be accepted instead, as a choice; nil when nothing is known to be.
    package func alternatives(naming name: (SagaDecision) -> Advice) -> Advice? {
        let names = alternatives.map(name)
        guard let last = names.last else { return nil }
        if names.count == 1 { return last }
        let others = names.dropLast().reduce(into: Advice("")) { choice, name in
            choice = choice == Advice("") ? name : choice + ", " + name
        }
        return others + " or " + last
    }

    /// What cannot be done.
    fileprivate var what: String {
        switch decision {
        case .retry: "\(saga.phrase) cannot be retried"
        case .resend: "the command of \(saga.phrase) cannot be sent again"
        case .skip: "the step of \(saga.phrase) cannot be skipped"
        case .rollback: "\(saga.phrase) cannot be rolled back"
        case .abandon: "\(saga.phrase) cannot be abandoned"
        }
    }
}

extension Problem {
    /// That there is no saga with a name.
    static func sagaNotFound(_ name: String, types: [String]) -> Problem {
        Problem(
            code: .sagaNotFound, message: "there is no saga '\(name)'",
            reason: "This program has sagas of "
                + (types.isEmpty
                    ? "no type."
                    : "the type\(types.count == 1 ? "" : "s") \(types.joined(separator: ", "))."),
            help: "see all sagas: \(command: "saga list")", field: "id", value: name)
    }
}

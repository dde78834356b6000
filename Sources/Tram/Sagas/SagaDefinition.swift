/// A saga's steps as data: to list, to draw, to check, without running anything.
public struct SagaDefinition: Hashable, Sendable {
    public let sagaType: String
    public let steps: [StepDefinition]

    /// The name of a step, or its number where the saga was started under another definition.
    public func name(ofStep index: Int) -> String {
        steps.indices.contains(index) ? steps[index].name : "step \(index)"
    }
}

/// One step as data.
public struct StepDefinition: Hashable, Sendable {
    public let name: String
    public let action: OperationDefinition?
    public let compensation: OperationDefinition?
}

/// What a step does forward or backward, as data.
public enum OperationDefinition: Hashable, Sendable, CustomStringConvertible {
    case local
    case request(command: String, channel: String)
    case notification(command: String, channel: String)

    public var description: String {
        switch self {
        case .local: "local"
        case .request(let command, let channel): "\(command) -> \(channel)"
        case .notification(let command, let channel): "\(command) -> \(channel), no reply"
        }
    }
}

/// A saga that cannot be run as it is defined.
public enum SagaDefinitionError: Error, Hashable, Sendable {
    case noSteps(saga: String)
    /// A step was given two actions, two compensations, or an action after its compensation.
    case secondOperation(saga: String, step: String)
    /// A step was told how to take a reply, to retry or to wait before it had anything to do.
    case nothingToAddTo(saga: String, step: String)
    /// A step does nothing, forward or backward.
    case emptyStep(saga: String, step: String)
    /// After a deadline the step's own compensation is sent, behind the command on its channel; so
    /// there must be one, to the same channel, without a condition.
    case deadlineWithoutCompensation(saga: String, step: String)
    /// Only a command whose reply is awaited can have a deadline or be retried.
    case impatienceWithoutReply(saga: String, step: String)
}

extension SagaDefinitionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSteps(let saga): "\(saga) has no steps"
        case .secondOperation(let saga, let step):
            "the step '\(step)' of \(saga) is given a second action or compensation"
        case .nothingToAddTo(let saga, let step):
            "the step '\(step)' of \(saga) is given a reply, a retry or a deadline before an action"
        case .emptyStep(let saga, let step): "the step '\(step)' of \(saga) does nothing"
        case .deadlineWithoutCompensation(let saga, let step):
            "the step '\(step)' of \(saga) has a deadline, and no compensation on its channel that "
                + "is always sent"
        case .impatienceWithoutReply(let saga, let step):
            "the step '\(step)' of \(saga) has a deadline or retries, and awaits no reply"
        }
    }
}

extension Saga {
    /// The saga's steps as data.
    public var definition: SagaDefinition {
        SagaDefinition(
            sagaType: Self.sagaType,
            steps: steps.map { step in
                StepDefinition(
                    name: step.name, action: step.action?.definition,
                    compensation: step.compensation?.definition)
            })
    }

    func validate() throws(SagaDefinitionError) {
        let type = Self.sagaType
        if steps.isEmpty { throw .noSteps(saga: type) }
        for step in steps {
            switch step.mistake {
            case .secondOperation: throw .secondOperation(saga: type, step: step.name)
            case .nothingToAddTo: throw .nothingToAddTo(saga: type, step: step.name)
            case nil: break
            }
            if step.action == nil && step.compensation == nil {
                throw .emptyStep(saga: type, step: step.name)
            }
            for operation in [step.action, step.compensation].compactMap({ $0 }) {
                let isImpatient = operation.deadline != nil || operation.retries > 0
                if case .request = operation.definition { continue }
                if isImpatient { throw .impatienceWithoutReply(saga: type, step: step.name) }
            }
            guard step.action?.deadline != nil else { continue }
            guard let compensation = step.compensation, compensation.condition == nil,
                compensation.definition.channel == step.action?.definition.channel
            else { throw .deadlineWithoutCompensation(saga: type, step: step.name) }
        }
    }
}

extension OperationDefinition {
    var channel: String? {
        switch self {
        case .local: nil
        case .request(_, let channel), .notification(_, let channel): channel
        }
    }
}

extension Step.Operation {
    var definition: OperationDefinition {
        switch work {
        case .local: .local
        case .participant(let request, isNotification: false):
            .request(command: request.commandType, channel: request.channel.name)
        case .participant(let request, isNotification: true):
            .notification(command: request.commandType, channel: request.channel.name)
        }
    }
}

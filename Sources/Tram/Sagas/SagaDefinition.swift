/// A saga's steps as data: to list, to draw, to check, without running anything.
public struct SagaDefinition: Hashable, Sendable {
    /// The saga's name in its store and on the wire.
    public let sagaType: String
    /// New instances are started with it.
    public let version: Int
    /// The steps, from first to last.
    public let steps: [StepDefinition]
    /// The older versions by which instances may still go on, the newest first.
    public internal(set) var formerly: [SagaDefinition] = []

    /// This version and those before it, the newest first.
    package var versions: [SagaDefinition] { [self] + formerly }

    /// The channels of all participants in the order of the steps, each once.
    package var channels: [String] {
        steps.flatMap { [$0.action, $0.compensation] }.compactMap { $0?.channel }.uniqued()
    }

    /// Whether there is a step with this name.
    func has(_ step: String) -> Bool { steps.contains { $0.name == step } }

    /// The name of a step that an old row knows by its number.
    func name(ofStep number: Int) -> String? {
        steps.indices.contains(number) ? steps[number].name : nil
    }
}

/// One step as data.
public struct StepDefinition: Hashable, Sendable {
    /// The step's name.
    public let name: String
    /// What the step does; nil when it only has something to undo.
    public let action: OperationDefinition?
    /// What undoes it; nil when nothing does.
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
    /// Two steps have one name: a row that names it would mean either.
    case stepTwice(saga: String, step: String)
    /// Versions count from 1.
    case badVersion(saga: String, version: Int)
    /// Two definitions have one version.
    case versionTwice(saga: String, version: Int)
    /// A former definition is newer than the present one.
    case formerIsNewer(saga: String, version: Int, former: Int)
    /// A former definition is of another type of saga.
    case formerIsAnother(saga: String, former: String)
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
    /// What has no deadline cannot be sent again after it.
    case retryWithoutDeadline(saga: String, step: String)
    /// Two retries are for the same reply, or both for deadlines or for any refusal.
    case retryTwice(saga: String, step: String)
    /// A deadline is not after the sending, or a retry is not for once or more, waits for less than no
    /// time, or has a backoff below 1.
    case senselessPatience(saga: String, step: String)
}

extension SagaDefinitionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noSteps(let saga): "\(saga) has no steps"
        case .stepTwice(let saga, let step): "two steps of \(saga) are named '\(step)'"
        case .badVersion(let saga, let version):
            "\(saga) has the version \(version), and versions count from 1"
        case .versionTwice(let saga, let version):
            "two definitions of \(saga) have the version \(version)"
        case .formerIsNewer(let saga, let version, let former):
            "\(saga) has the version \(version), and its former definition the version \(former)"
        case .formerIsAnother(let saga, let former):
            "\(former) is given as a former definition of \(saga)"
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
        case .retryWithoutDeadline(let saga, let step):
            "the step '\(step)' of \(saga) is retried after a deadline, and has none"
        case .retryTwice(let saga, let step):
            "the step '\(step)' of \(saga) has two retries for one reason"
        case .senselessPatience(let saga, let step):
            "the step '\(step)' of \(saga) has a deadline that is not later, or a retry of less than "
                + "one time, of a negative wait or of a backoff below 1"
        }
    }
}

extension Saga {
    /// The saga's steps as data.
    public var definition: SagaDefinition {
        SagaDefinition(
            sagaType: Self.sagaType, version: Self.version,
            steps: steps.map { step in
                StepDefinition(
                    name: step.name, action: step.action?.definition,
                    compensation: step.compensation?.definition)
            })
    }

    func validate() throws(SagaDefinitionError) {
        let type = Self.sagaType
        let steps = steps
        if steps.isEmpty { throw .noSteps(saga: type) }
        guard Self.version >= 1 else { throw .badVersion(saga: type, version: Self.version) }
        var names: Set<String> = []
        for step in steps {
            guard names.insert(step.name).inserted else {
                throw .stepTwice(saga: type, step: step.name)
            }
            switch step.mistake {
            case .secondOperation: throw .secondOperation(saga: type, step: step.name)
            case .nothingToAddTo: throw .nothingToAddTo(saga: type, step: step.name)
            case nil: break
            }
            if step.action == nil && step.compensation == nil {
                throw .emptyStep(saga: type, step: step.name)
            }
            for operation in [step.action, step.compensation].compactMap({ $0 }) {
                try operation.validatePatience(saga: type, step: step.name)
            }
            guard step.action?.deadline != nil else { continue }
            guard let compensation = step.compensation, compensation.condition == nil,
                compensation.definition.channel == step.action?.definition.channel
            else { throw .deadlineWithoutCompensation(saga: type, step: step.name) }
        }
    }
}

extension [String] {
    /// Each text once, where it is found first.
    func uniqued() -> [String] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
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
    fileprivate func validatePatience(saga: String, step: String) throws(SagaDefinitionError) {
        if deadline == nil && retries.isEmpty { return }
        guard case .request = definition else {
            throw .impatienceWithoutReply(saga: saga, step: step)
        }
        guard retries.allSatisfy(\.isSensible), deadline.map({ $0 > .zero }) ?? true else {
            throw .senselessPatience(saga: saga, step: step)
        }
        if Set(retries.map(\.cause)).count < retries.count {
            throw .retryTwice(saga: saga, step: step)
        }
        if deadline == nil && retryAfterDeadline != nil {
            throw .retryWithoutDeadline(saga: saga, step: step)
        }
    }

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

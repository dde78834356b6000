/// A saga's steps as data: to list, to draw or to check them, without running anything.
///
/// ```swift
/// for step in CreateOrderSaga().definition.steps {
///     print(step.name, step.action?.description ?? "-", step.compensation?.description ?? "-")
/// }
/// ```
public struct SagaDefinition: Hashable, Sendable {
    /// The saga's name in its store and on the wire.
    public let sagaType: String
    /// The version of the definition: see ``Saga/version``. New instances are started with it.
    public let version: Int
    /// The steps, from first to last.
    public let steps: [StepDefinition]
    /// The older versions by which instances may still go on, the newest first. Empty unless it is
    /// a ``SagaManager`` that gives the definition.
    public internal(set) var formerly: [SagaDefinition] = []

    /// This version and those before it, the newest first.
    package var versions: [SagaDefinition] { [self] + formerly }

    /// The channels of all participants in the order of the steps, each once.
    package var channels: [String] {
        steps.flatMap { [$0.action, $0.compensation] }.compactMap { $0?.channel }.uniqued()
    }

    /// Whether there is a step with this name.
    func has(_ step: String) -> Bool { steps.contains { $0.name == step } }

    /// The name of a step that a row from before steps had names knows by its number; nil when the
    /// definition has fewer steps.
    func name(ofStep number: Int) -> String? {
        steps.indices.contains(number) ? steps[number].name : nil
    }
}

/// One step of a ``SagaDefinition``.
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
    /// Something in the saga's own service.
    case local
    /// A command to a participant, whose reply is awaited.
    case request(command: String, channel: String)
    /// A command to a participant that does not reply.
    case notification(command: String, channel: String)

    public var description: String {
        switch self {
        case .local: "local"
        case .request(let command, let channel): "\(command) -> \(channel)"
        case .notification(let command, let channel): "\(command) -> \(channel), no reply"
        }
    }
}

/// A saga that cannot be run as it is defined: always a mistake in the program.
///
/// A ``SagaManager`` finds it when it is made, and throws it as ``WiringError/badSaga(_:)``, before
/// any instance runs by the definition.
public enum SagaDefinitionError: Error, Hashable, Sendable {
    /// The saga has no steps.
    case noSteps(saga: String)
    /// Two steps have one name, so that a row which names it would mean either.
    case stepTwice(saga: String, step: String)
    /// The version is below 1.
    case badVersion(saga: String, version: Int)
    /// Two definitions have one version.
    case versionTwice(saga: String, version: Int)
    /// A former definition is newer than the present one.
    case formerIsNewer(saga: String, version: Int, former: Int)
    /// A former definition is of another type of saga.
    case formerIsAnother(saga: String, former: String)
    /// A step was given two actions, two compensations, or an action after its compensation.
    case secondOperation(saga: String, step: String)
    /// A step was told how to take a reply, to retry or to wait before it was given an action or a
    /// compensation to which that could belong.
    case nothingToAddTo(saga: String, step: String)
    /// A step has neither an action nor a compensation.
    case emptyStep(saga: String, step: String)
    /// An action has a deadline, and no compensation that always follows it. When a deadline
    /// passes, the command may still be handled later. So the step needs a compensation on the same
    /// channel, where it comes after the command, and without a condition.
    case deadlineWithoutCompensation(saga: String, step: String)
    /// A local step, or one without a reply, has a deadline or a retry.
    case impatienceWithoutReply(saga: String, step: String)
    /// A retry is for a deadline, and the operation has none.
    case retryWithoutDeadline(saga: String, step: String)
    /// Two retries of one operation are for the same cause.
    case retryTwice(saga: String, step: String)
    /// A deadline is not positive, or a retry is for less than one time, after a negative wait, or
    /// with a backoff below 1.
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
    /// The saga's steps as data, without former versions.
    public var definition: SagaDefinition {
        SagaDefinition(
            sagaType: Self.sagaType, version: Self.version,
            steps: steps.map { step in
                StepDefinition(
                    name: step.name, action: step.action?.definition,
                    compensation: step.compensation?.definition)
            })
    }

    /// Finds the first mistake in the definition. Each rule keeps a saga from a state that it could
    /// not leave, or from leaving something done that nobody undoes.
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
    /// The channel of the participant; nil for a local operation.
    var channel: String? {
        switch self {
        case .local: nil
        case .request(_, let channel), .notification(_, let channel): channel
        }
    }
}

extension Step.Operation {
    /// Checks the deadline and the retries of one operation.
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

    /// The operation as data.
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

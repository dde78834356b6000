/// What a ``SagaManager`` refuses. Nothing has changed when it throws one of these.
public enum SagaError: Error, Hashable, Sendable {
    /// There is no such saga, or it is not of the manager's type.
    case notFound(SagaReference)
    /// A saga was to be started with an empty key.
    case emptyKey
    /// The instance was started with another version of the definition, whose data is of another
    /// type. The version is nil for one from before there were versions. Use
    /// ``Sagas/overview(of:in:)``, which needs no type.
    case ofFormerVersion(SagaReference, Int?)
    /// There is nothing to decide about a saga that is completed or rolled back.
    case hasEnded(SagaReference, SagaState)
    /// An operator has abandoned the saga before, which is final.
    case abandoned(SagaReference)
    /// The saga has moved since the operator looked at it. Take a new ``SagaOutlook`` and decide
    /// again.
    case hasMoved(SagaReference)
    /// The outstanding command, or its reply, is on its way, so the saga goes on by itself. If the
    /// message is a dead letter, decide about that.
    case notStuck(SagaReference, onItsWay: MessageHeading)
    /// The step was done or may have been, has an effect at a participant, and no compensation.
    case notCompensatable(SagaReference, step: String)
    /// The decision makes no sense where the saga stands; `why` says it in words.
    case notPossible(SagaDecision, SagaReference, why: String)
}

extension SagaError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let saga): "there is no saga \(saga)"
        case .emptyKey: "the key of a saga is empty"
        case .ofFormerVersion(let saga, let version):
            "\(saga) was started with version \(version.map(String.init) ?? "1") of its definition"
        case .hasEnded(let saga, let state): "\(saga) has ended: \(state)"
        case .abandoned(let saga): "\(saga) was abandoned"
        case .hasMoved(let saga): "\(saga) has moved on meanwhile"
        case .notStuck(let saga, let message):
            "\(saga) is not stuck: \(message.id) \(message.type) is on its way"
        case .notCompensatable(let saga, let step):
            "\(saga) cannot be rolled back: the step '\(step)' has no compensation"
        case .notPossible(let decision, let saga, let why):
            "\(decision.rawValue) is not possible for \(saga): \(why)"
        }
    }
}

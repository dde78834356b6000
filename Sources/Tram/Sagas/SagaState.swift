/// Where a saga stands.
public enum SagaState: Hashable, Sendable {
    /// A step's action is under way: its reply is awaited.
    case running(step: Int)
    /// The saga rolls back, and a step's compensation is under way.
    case compensating(step: Int)
    /// Every step has been done.
    case completed
    /// Every step that had been done has been undone.
    case rolledBack
    /// A compensation was refused: the saga stands there until it is taken up again.
    case failed(step: Int)

    /// Whether nothing more will happen by itself.
    public var isEnd: Bool {
        switch self {
        case .completed, .rolledBack, .failed: true
        case .running, .compensating: false
        }
    }

    /// The step under way, or the one that a failed saga stands at.
    public var step: Int? {
        switch self {
        case .running(let step), .compensating(let step), .failed(let step): step
        case .completed, .rolledBack: nil
        }
    }

    /// What can become of a step: its predicates are decided, and whether it was done is known.
    public struct StepChoice: Hashable, Sendable {
        /// Whether it has an action that is to be done.
        public let runs: Bool
        /// Whether it has a compensation that is to be done, and something to compensate.
        public let compensates: Bool

        public init(runs: Bool, compensates: Bool) {
            self.runs = runs
            self.compensates = compensates
        }
    }

    /// What came of an action or a compensation.
    public enum Event: Hashable, Sendable {
        case succeeded
        /// It was refused: it has not happened.
        case failed
        /// No answer came in time: it may have happened.
        case timedOut
    }

    /// The state before the first step.
    static let beginning = SagaState.running(step: -1)

    /// The transition function: where the saga stands after what came of the step under way.
    ///
    /// Forward, the next step that runs follows. A failed action is not compensated itself, since it
    /// has not happened; one that timed out is. Backward, the steps before follow one by one. An end
    /// state does not change.
    public func next(_ event: Event, _ steps: [StepChoice]) -> SagaState {
        func rollBack(from last: Int) -> SagaState {
            let step = steps.indices.last { $0 <= last && steps[$0].compensates }
            return step.map(SagaState.compensating) ?? .rolledBack
        }
        switch (self, event) {
        case (.running(let step), .succeeded):
            let next = steps.indices.first { $0 > step && steps[$0].runs }
            return next.map(SagaState.running) ?? .completed
        case (.running(let step), .failed): return rollBack(from: step - 1)
        case (.running(let step), .timedOut): return rollBack(from: step)
        case (.compensating(let step), .succeeded): return rollBack(from: step - 1)
        case (.compensating(let step), .failed), (.compensating(let step), .timedOut):
            return .failed(step: step)
        case (.completed, _), (.rolledBack, _), (.failed, _): return self
        }
    }
}

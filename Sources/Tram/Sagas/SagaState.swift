/// Where a saga stands.
public enum SagaState: Hashable, Sendable {
    /// A step's action is under way: its reply is awaited.
    case running(step: String)
    /// The saga rolls back, and a step's compensation is under way.
    case compensating(step: String)
    /// Every step has been done.
    case completed
    /// Every step that had been done has been undone.
    case rolledBack
    /// A compensation was refused, or a step may have been done that has none: the saga stands there
    /// until an operator decides.
    case failed(step: String)

    /// Whether nothing more will happen by itself.
    public var isEnd: Bool {
        switch self {
        case .completed, .rolledBack, .failed: true
        case .running, .compensating: false
        }
    }

    /// The step under way, or the one that a failed saga stands at.
    public var step: String? {
        switch self {
        case .running(let step), .compensating(let step), .failed(let step): step
        case .completed, .rolledBack: nil
        }
    }

    /// What can become of a step: its predicates are decided, and whether it was done is known.
    public struct StepChoice: Hashable, Sendable {
        /// The step's name.
        public let name: String
        /// Whether it has an action that is to be done.
        public let runs: Bool
        /// Whether it has a compensation that is to be done, and something to compensate.
        public let compensates: Bool

        /// A step, and which of its operations are to be carried out.
        public init(_ name: String, runs: Bool, compensates: Bool) {
            self.name = name
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

    /// Where a saga stands when it begins: at the first step that runs.
    public static func beginning(_ steps: [StepChoice]) -> SagaState {
        steps.first(where: \.runs).map { .running(step: $0.name) } ?? .completed
    }

    /// The transition function: where the saga stands after what came of the step under way.
    ///
    /// Forward, the next step that runs follows. A failed action is not compensated itself, since it
    /// has not happened; one that timed out is. Backward, the steps before follow one by one. An end
    /// state does not change.
    ///
    /// - Parameter steps: all of the definition's. A saga whose step is not among them stays.
    public func next(_ event: Event, _ steps: [StepChoice]) -> SagaState {
        guard !isEnd, let current = steps.firstIndex(where: { $0.name == step }) else {
            return self
        }
        func rollBack(_ done: ArraySlice<StepChoice>) -> SagaState {
            done.last(where: \.compensates).map { .compensating(step: $0.name) } ?? .rolledBack
        }
        switch (self, event) {
        case (.running, .succeeded): return .beginning(Array(steps[(current + 1)...]))
        case (.running, .failed): return rollBack(steps[..<current])
        case (.running, .timedOut): return rollBack(steps[...current])
        case (.compensating, .succeeded): return rollBack(steps[..<current])
        case (.compensating(let step), .failed), (.compensating(let step), .timedOut):
            return .failed(step: step)
        case (.completed, _), (.rolledBack, _), (.failed, _): return self
        }
    }
}

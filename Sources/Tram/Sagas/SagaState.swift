/// Where a saga stands, and the rules by which it moves.
///
/// The rules are a pure function, ``next(_:_:)``: the state machine of a saga can be tested, drawn
/// or explored without a store.
///
/// ```swift
/// let steps = [
///     SagaState.StepChoice("reserve credit", runs: true, compensates: true),
///     SagaState.StepChoice("approve order", runs: true, compensates: false),
/// ]
/// SagaState.beginning(steps)                                  // running, at reserve credit
/// SagaState.running(step: "approve order").next(.failed, steps)  // compensating reserve credit
/// ```
public enum SagaState: Hashable, Sendable {
    /// A step's action is under way: its reply is awaited.
    case running(step: String)
    /// The saga rolls back, and a step's compensation is under way.
    case compensating(step: String)
    /// Every step has been done.
    case completed
    /// Every step that had been done has been undone.
    case rolledBack
    /// A compensation was refused, or a step may have been done that nothing undoes, or an operator
    /// has abandoned the saga. It stands there until an operator decides: see ``SagaDecision``.
    case failed(step: String)

    /// Whether nothing more will happen by itself: the saga is completed, rolled back or failed.
    public var isEnd: Bool {
        switch self {
        case .completed, .rolledBack, .failed: true
        case .running, .compensating: false
        }
    }

    /// The step under way, or the one that a failed saga stands at; nil at the other ends.
    public var step: String? {
        switch self {
        case .running(let step), .compensating(let step), .failed(let step): step
        case .completed, .rolledBack: nil
        }
    }

    /// What can become of a step of one instance: its conditions are decided by the instance's
    /// data, and whether it was done is known.
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
        /// It was done.
        case succeeded
        /// It was refused: it has not happened.
        case failed
        /// No answer came in time: it may have happened.
        case timedOut
    }

    /// Where a saga stands when it begins: at the first step that runs, or at its end when none
    /// does.
    public static func beginning(_ steps: [StepChoice]) -> SagaState {
        steps.first(where: \.runs).map { .running(step: $0.name) } ?? .completed
    }

    /// The transition function: where the saga stands after what came of the step under way.
    ///
    /// | state | event | next state |
    /// | --- | --- | --- |
    /// | running | succeeded | running, at the next step that runs, or completed |
    /// | running | failed | compensating, at the last step before it that compensates, or rolled
    /// back |
    /// | running | timed out | the same, but the step itself is the first to be compensated |
    /// | compensating | succeeded | compensating, at the next one before it, or rolled back |
    /// | compensating | failed or timed out | failed |
    /// | an end | any | unchanged |
    ///
    /// - Parameters:
    ///   - event: what came of the step under way.
    ///   - steps: all steps of the definition, in order. A saga whose step is not among them stays.
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

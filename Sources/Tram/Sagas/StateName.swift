/// The column `state_name`: a saga's state as JSON, with the keys that Eventuate Tram Sagas uses
/// for it. There, the step is a number; here it is a name, and rows with a number are still
/// understood.
struct StateName: Codable {
    /// The step under way, or the one that a failed saga stands at; nil at the other ends.
    let currentlyExecuting: StepName?
    let compensating: Bool
    let endState: Bool
    let failed: Bool

    /// The column for a state.
    init(_ state: SagaState) {
        currentlyExecuting = state.step.map(StepName.name)
        switch state {
        case .compensating, .rolledBack: compensating = true
        case .running, .completed, .failed: compensating = false
        }
        endState = state.isEnd
        if case .failed = state { failed = true } else { failed = false }
    }

    /// Decodes the column. A state that must have a step and has none is refused.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        currentlyExecuting = try container.decode(StepName?.self, forKey: .currentlyExecuting)
        compensating = try container.decode(Bool.self, forKey: .compensating)
        endState = try container.decode(Bool.self, forKey: .endState)
        failed = try container.decode(Bool.self, forKey: .failed)
        if currentlyExecuting == nil && (!endState || failed) {
            throw DecodingError.dataCorruptedError(
                forKey: .currentlyExecuting, in: container, debugDescription: "no step")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        // The key is written also when there is no step.
        try container.encode(currentlyExecuting, forKey: .currentlyExecuting)
        try container.encode(compensating, forKey: .compensating)
        try container.encode(endState, forKey: .endState)
        try container.encode(failed, forKey: .failed)
    }

    private enum CodingKeys: CodingKey {
        case currentlyExecuting, compensating, endState, failed
    }

    /// The state. Keys that contradict one another are read as the more final state.
    ///
    /// - Parameter definition: tells the names of steps that an old row knows by number.
    func state(_ definition: SagaDefinition?) -> SagaState {
        let step = currentlyExecuting?.name(definition) ?? ""
        return switch (endState, failed, compensating) {
        case (true, true, _): .failed(step: step)
        case (true, false, true): .rolledBack
        case (true, false, false): .completed
        case (false, _, true): .compensating(step: step)
        case (false, _, false): .running(step: step)
        }
    }
}

/// A step as a row knows it: by its name, or by its number in rows from before steps had names.
enum StepName: Codable, Hashable {
    case name(String)
    case number(Int)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .name(try container.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .name(let name): try container.encode(name)
        case .number(let number): try container.encode(number)
        }
    }

    /// The step's name; `step 1` where the definition does not have a step with this number.
    func name(_ definition: SagaDefinition?) -> String {
        switch self {
        case .name(let name): name
        case .number(let number): definition?.name(ofStep: number) ?? "step \(number)"
        }
    }
}

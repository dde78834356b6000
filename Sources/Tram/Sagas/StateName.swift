/// The column `state_name`, in the form of the original.
struct StateName: Codable {
    /// The step under way, or the one that a failed saga stands at; nil at the other ends.
    let currentlyExecuting: StepName?
    let compensating: Bool
    let endState: Bool
    let failed: Bool

    init(_ state: SagaState) {
        currentlyExecuting = state.step.map(StepName.name)
        switch state {
        case .compensating, .rolledBack: compensating = true
        case .running, .completed, .failed: compensating = false
        }
        endState = state.isEnd
        if case .failed = state { failed = true } else { failed = false }
    }

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
        // The key is there also when there is no step.
        try container.encode(currentlyExecuting, forKey: .currentlyExecuting)
        try container.encode(compensating, forKey: .compensating)
        try container.encode(endState, forKey: .endState)
        try container.encode(failed, forKey: .failed)
    }

    private enum CodingKeys: CodingKey {
        case currentlyExecuting, compensating, endState, failed
    }

    /// - Parameter definition: the one that tells the name of a step of which only the number is there.
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

/// A step as a row knows it: by its name, or in rows from before that by its number.
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

    func name(_ definition: SagaDefinition?) -> String {
        switch self {
        case .name(let name): name
        case .number(let number): definition?.name(ofStep: number) ?? "step \(number)"
        }
    }
}

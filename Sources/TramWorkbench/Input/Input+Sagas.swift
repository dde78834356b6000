package import Tram

/// What was typed to name a saga.
package enum SagaArgument: Hashable, Sendable {
    /// The number by which users know the saga: see ``DeclaredSagas/init(_:numbering:)``.
    case number(Int)
    case reference(SagaReference)
}

extension Input {
    /// A saga as it is typed: the number by which users know it, or `TYPE:ID`.
    package static func saga(
        _ text: String, of words: SagaWords, field: String = "id"
    ) throws -> SagaArgument {
        if let reference = SagaReference(name: text) { return .reference(reference) }
        if words.noun != nil { return .number(try id(text, field: field)) }
        if let number = try? id(text, field: field) { return .number(number) }
        throw Problem.invalid(
            .id, field: field, value: text, "the name of a saga",
            help: "write the saga's type and its id, for example \(words.example)")
    }

    /// The state that a saga must be in for a decision about it.
    package static func sagaState(_ text: String) throws -> String {
        guard SagaPlace.states.contains(text) else {
            throw Problem.invalid(
                .usage, field: "state", value: text, "a state of a saga",
                help: "choose one of: \(SagaPlace.states.joined(separator: ", "))")
        }
        return text
    }
}

extension Workbench {
    /// The saga that was named.
    ///
    /// - Throws: ``Problem`` with the code `saga-not-found`; for a number, the application's own error if it
    ///   has one.
    package func saga(_ argument: SagaArgument) throws -> SagaEntry {
        switch argument {
        case .number(let number):
            if let saga = try catalogue.saga(numbered: number) { return saga }
            throw Problem.sagaNotFound("\(number)", types: sagaTypes)
        case .reference(let reference):
            if let saga = try catalogue.saga(reference) { return saga }
            throw Problem.sagaNotFound(reference.name, types: sagaTypes)
        }
    }

    /// The types of orchestrated sagas, and of chains.
    private var sagaTypes: [String] {
        relay.sagaRunners.map(\.type) + application.chains.map(\.type)
    }
}

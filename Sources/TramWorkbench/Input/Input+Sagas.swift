package import Tram

/// What was typed to name a saga.
package enum SagaArgument: Hashable, Sendable {
    /// The number of what the saga is about, see ``SagaWords/noun``, or its id where the application has
    /// one type of saga.
    case number(Int)
    case reference(SagaReference)
}

extension Input {
    /// A saga as it is typed: the number of what it is about, where the application's users know one, or
    /// `TYPE:ID`; of that only the id where there is one type of saga.
    package static func saga(
        _ text: String, of words: SagaWords, field: String = "id"
    ) throws -> SagaArgument {
        if let reference = SagaReference(name: text) { return .reference(reference) }
        if words.noun != nil { return .number(try id(text, field: field)) }
        if let number = try? id(text, field: field) { return .number(number) }
        throw noSaga(text, of: words, field: field)
    }

    fileprivate static func noSaga(
        _ text: String, of words: SagaWords, field: String = "id"
    ) -> Problem {
        Problem.invalid(
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
    /// - Throws: ``Problem`` with the code `saga-not-found`; for a number, the application's own error.
    package func saga(_ argument: SagaArgument) throws -> SagaEntry {
        switch argument {
        case .number(let number):
            let words = type(of: application).sagaWords
            if words.noun != nil { return try catalogue.saga(numbered: number) }
            guard let type = sagaTypes.first, sagaTypes.count == 1 else {
                throw Input.noSaga("\(number)", of: words)
            }
            return try saga(.reference(SagaReference(type: type, id: "\(number)")))
        case .reference(let reference):
            if let saga = try catalogue.saga(reference) { return saga }
            throw Problem.sagaNotFound(reference.name, types: sagaTypes)
        }
    }

    /// The types of all sagas, orchestrated and choreographed.
    private var sagaTypes: [String] {
        relay.sagaRunners.map(\.runner.definition.sagaType) + application.chains.map(\.type)
    }
}

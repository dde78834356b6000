import Tram

/// A saga of any steps.
struct TestSaga: Saga {
    static let sagaType = "TestSaga"

    struct Data: Codable, Sendable, Equatable {
        var isWanted = true
        /// What the local steps and the reply handlers have done, in their order.
        var notes: [String] = []
    }

    let steps: [Step<Data>]

    init(_ steps: Step<Data>...) {
        self.steps = steps
    }

    init(steps: [Step<Data>]) {
        self.steps = steps
    }

    func completed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws {
        try transaction.publish(SagaEnded(how: "completed"), about: saga.id)
    }

    func rolledBack(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws {
        try transaction.publish(SagaEnded(how: "rolled back"), about: saga.id)
    }

    func failed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws {
        try transaction.publish(SagaEnded(how: "failed"), about: saga.id)
    }
}

struct SagaEnded: DomainEvent {
    static let eventType = "SagaEnded"
    static let channel: EventChannel = "Saga"
    let how: String
}

struct Do: Command {
    static let commandType = "Do"
    let step: Int
}

struct Undo: Command {
    static let commandType = "Undo"
    let step: Int
}

struct SoldOut: FailureReply {
    static let replyType = "SoldOut"
    let left: Int
}

struct Breakdown: Error {}

extension CommandChannel {
    static let participant: CommandChannel = "participant"
}

extension Step where Data == TestSaga.Data {
    /// A local step that notes its name, and its undoing.
    static func local(_ name: String, failing error: (any Error)? = nil) -> Step {
        Step(name).invokeLocal { data, transaction in
            try transaction.execute("INSERT INTO note VALUES (\(name))")
            data.notes.append(name)
            if let error { throw error }
        }.withCompensation { data, _ in data.notes.append("undo \(name)") }
    }

    /// A step at a participant, and its undoing.
    static func remote(_ step: Int) -> Step {
        Step("step \(step)").invokeParticipant(.participant) { _ in Do(step: step) }
            .withCompensation(.participant) { _ in Undo(step: step) }
    }
}

extension Store {
    /// Sends a participant a command of a saga of type `S`, which is ordered by the saga.
    ///
    /// - Parameter target: what the command frees.
    func send(
        _ command: some Command, ofSaga saga: String, unlocking target: String? = nil,
        replyTo: String? = "answers"
    ) throws {
        var headers = [
            MessageHeader.commandSagaType: "S", MessageHeader.commandSagaID: saga,
        ]
        headers[MessageHeader.commandResource] = target
        try write { transaction in
            _ = try transaction.send(
                command, to: .participant, orderedBy: saga, replyTo: replyTo,
                sagaHeaders: headers)
        }
    }
}

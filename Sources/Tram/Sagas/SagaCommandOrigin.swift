/// What a saga's command says of its saga, in headers that its reply echoes.
struct SagaCommandOrigin: Hashable {
    let saga: SagaReference
    /// The step that it does or undoes; nil when an older version of the library sent it, which did not
    /// say so.
    let step: String?
    /// Whether it undoes the step.
    let isCompensation: Bool
    /// Whether an earlier command of the same step may have been handled: nothing was heard of that one.
    let isRepeated: Bool

    init(
        saga: SagaReference, step: String?, isCompensation: Bool = false, isRepeated: Bool = false
    ) {
        self.saga = saga
        self.step = step
        self.isCompensation = isCompensation
        self.isRepeated = isRepeated
    }

    /// - Returns: nil when no saga sent the command.
    init?(of command: Message) {
        guard let saga = SagaReference(of: command) else { return nil }
        self.init(
            saga: saga, step: command.headers[MessageHeader.commandSagaStep],
            isCompensation: command.headers[MessageHeader.commandSagaCompensating] == "true",
            isRepeated: command.headers[MessageHeader.commandSagaRepeated] == "true")
    }

    var headers: [String: String] {
        var headers = [
            MessageHeader.commandSagaType: saga.type, MessageHeader.commandSagaID: saga.id,
        ]
        headers[MessageHeader.commandSagaStep] = step
        if isCompensation { headers[MessageHeader.commandSagaCompensating] = "true" }
        if isRepeated { headers[MessageHeader.commandSagaRepeated] = "true" }
        return headers
    }
}

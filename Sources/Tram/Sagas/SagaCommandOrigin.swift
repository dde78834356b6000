/// What a saga's command says of its saga, in headers that its reply echoes.
///
/// The participant needs it for its locks, and for the order of the commands that it has stashed;
/// the saga finds its instance by the echo. The first two headers are those of Eventuate Tram
/// Sagas, the others are this library's own.
struct SagaCommandOrigin: Hashable {
    let saga: SagaReference
    /// The step that the command does or undoes; nil when an older version of the library sent it,
    /// which did not say so.
    let step: String?
    /// Whether it undoes the step.
    let isCompensation: Bool
    /// Whether an earlier command of the same step may have been handled, since no reply to it has
    /// come. A participant must then run a compensation also when it finds the action only in its
    /// stash.
    let isRepeated: Bool

    init(
        saga: SagaReference, step: String?, isCompensation: Bool = false, isRepeated: Bool = false
    ) {
        self.saga = saga
        self.step = step
        self.isCompensation = isCompensation
        self.isRepeated = isRepeated
    }

    /// Reads the origin from a command's headers; nil when no saga sent it.
    init?(of command: Message) {
        guard let saga = SagaReference(of: command) else { return nil }
        self.init(
            saga: saga, step: command.headers[MessageHeader.commandSagaStep],
            isCompensation: command.headers[MessageHeader.commandSagaCompensating] == "true",
            isRepeated: command.headers[MessageHeader.commandSagaRepeated] == "true")
    }

    /// The headers of a command with this origin. Flags that are false have no header.
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

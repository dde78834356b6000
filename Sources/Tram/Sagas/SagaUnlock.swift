/// Asks a participant to free a lock of a saga that has ended. The lock's name is a header.
struct SagaUnlock: Command {
    static let commandType = "SagaUnlockCommand"
}

extension Transaction {
    /// Asks a participant to free a lock that it holds for a saga.
    package func unlock(_ target: String, on channel: String, of saga: SagaReference) throws {
        try send(
            SagaUnlock(), to: CommandChannel(channel), orderedBy: saga.id,
            sagaHeaders: [
                MessageHeader.commandSagaType: saga.type,
                MessageHeader.commandSagaID: saga.id,
                MessageHeader.commandResource: target,
            ])
    }
}

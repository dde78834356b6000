/// Asks a participant to free a lock of a saga that has ended, after the message of the same name
/// in Eventuate Tram Sagas. The lock's name is a header; without it, all locks of the saga are
/// meant. It wants no reply, and freeing a lock twice does nothing.
package struct SagaUnlock: Command {
    package static let commandType = "SagaUnlockCommand"
}

extension Transaction {
    /// Asks a participant to free a lock that it holds for a saga; all of them when `target` is
    /// nil. The command is ordered with the saga's other commands, so it cannot overtake one that
    /// claims the lock.
    package func unlock(_ target: String?, on channel: String, of saga: SagaReference) throws {
        var headers = [
            MessageHeader.commandSagaType: saga.type, MessageHeader.commandSagaID: saga.id,
        ]
        headers[MessageHeader.commandResource] = target
        try send(
            SagaUnlock(), to: CommandChannel(channel), orderedBy: saga.id, sagaHeaders: headers)
    }
}

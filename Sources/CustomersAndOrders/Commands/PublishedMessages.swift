internal import Contracts
internal import Tram
internal import TramWorkbench

/// The lines that tell which message a command has put into an outbox.
func publishedLine(_ message: MessageHeading) -> String {
    let commands = [ReserveCredit.commandType, SagaUnlock.commandType]
    let verb = commands.contains(message.type) ? "Sent" : "Published"
    return "\(verb) \(message.id) \(escaped(message.type)) (pending)\n"
}

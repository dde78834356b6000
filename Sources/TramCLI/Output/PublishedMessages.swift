internal import Tram

/// The lines that tell which message a command has put into an outbox.
func publishedLine(_ message: MessageHeading) -> String {
    "Published \(message.id) \(message.type) (pending)\n"
}

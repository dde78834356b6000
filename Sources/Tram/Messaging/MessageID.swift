/// The id of a message: its service and its number in that service's outbox, in the order of
/// commits. It is written `order:7`.
public struct MessageID: Hashable, Sendable, CustomStringConvertible {
    /// The service that sent the message.
    public let service: String
    /// Counts up from 1 in the service's outbox; a number is never used twice.
    public let number: Int

    /// The id of a service's message with this number.
    public init(service: String, number: Int) {
        self.service = service
        self.number = number
    }

    /// Reads the written form, or returns nil when `text` is not one.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let number = Int(parts[1]), number > 0,
            String(number) == parts[1]
        else { return nil }
        self.init(service: String(parts[0]), number: number)
    }

    public var description: String { "\(service):\(number)" }
}

extension MessageID: Codable {
    /// Reads the written form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = MessageID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not the id of a message")
        }
        self = id
    }

    /// Writes the written form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The id of a message: the service that sent it, and its number in that service's outbox.
///
/// Its written form is `order:7`. Numbers ascend in the order of commits, so of two messages of one
/// service the one with the lower number was sent first. Ids of different services have no order.
public struct MessageID: Hashable, Sendable, CustomStringConvertible {
    /// The service that sent the message.
    public let service: String
    /// Counts up from 1 in the service's outbox. A number is never used twice, also after a purge.
    public let number: Int

    /// The id of a service's message with this number.
    public init(service: String, number: Int) {
        self.service = service
        self.number = number
    }

    /// Reads the written form, or returns nil when `text` is not one.
    ///
    /// There is exactly one written form of an id: `order:07`, `order:+7` and `order:0` are
    /// refused.
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
    ///
    /// - Throws: `DecodingError.dataCorrupted` when the string is not an id.
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

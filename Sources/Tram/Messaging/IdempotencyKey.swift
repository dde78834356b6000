/// A name that a client gives to one of its requests, and gives again when it repeats the request
/// because it does not know whether the first one arrived.
///
/// It has 1 to 200 visible ASCII characters (0x21 to 0x7E), compared byte by byte. A client should
/// use a random value, such as a UUID, for each request. See ``IdempotencyKeys`` for what a service
/// does with it.
public struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    /// How many characters a key may have.
    public static let lengths = 1...200

    /// The characters as the client gave them.
    public let description: String

    /// Reads a key; nil when the text has another length or other characters.
    public init?(_ text: String) {
        guard Self.lengths.contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        description = text
    }
}

/// A name that a client gives to one of its requests, and gives again when it does not know whether
/// the request arrived: 1 to 200 visible ASCII characters. See ``IdempotencyKeys``.
public struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
    /// How many characters a key may have.
    public static let lengths = 1...200

    /// The characters as the client gave them.
    public let description: String

    /// Reads a key; nil when the text is not one.
    public init?(_ text: String) {
        guard Self.lengths.contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        description = text
    }
}

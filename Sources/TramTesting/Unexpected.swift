/// What is not as a test expects it.
public struct Unexpected: Error, Hashable, CustomStringConvertible {
    /// What, in words.
    public let description: String

    /// Something that is not as expected.
    public init(_ description: String) {
        self.description = description
    }
}

/// - Throws: ``Unexpected`` when the condition does not hold.
func expect(_ condition: Bool, _ description: @autoclosure () -> String) throws {
    if !condition { throw Unexpected(description()) }
}

/// - Throws: ``Unexpected`` when the values differ.
func expect<Value: Equatable>(_ what: String, _ actual: Value, is expected: Value) throws {
    try expect(actual == expected, "\(what): \(actual), not \(expected)")
}

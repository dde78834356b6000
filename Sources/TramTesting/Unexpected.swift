/// What is not as a test expects it, in words. It is thrown by the expectations of ``SagaTest`` and
/// ``ParticipantTest``, and by the checks of ``StoreContract``: a test that throws it has failed.
public struct Unexpected: Error, Hashable, CustomStringConvertible {
    /// What was found, and what was expected: for example `RoomReserved {"room":2} was sent, not
    /// the reply RoomReserved`.
    public let description: String

    /// Something that is not as expected, for expectations of one's own.
    ///
    /// - Parameter description: what was found and what was expected, in words.
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

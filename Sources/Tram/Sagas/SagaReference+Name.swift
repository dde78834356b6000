/// The form of a saga's name that is typed and told: `TYPE:ID`.
extension SagaReference {
    /// The saga as it is typed and told, for example `BookTrip:1`. The words of a log are older, and have
    /// a space instead: ``description``.
    public var name: String { "\(type):\(id)" }

    /// The saga that a name means: what stands before the first colon is its type.
    ///
    /// - Returns: nil when there is no colon, or nothing before or after it.
    public init?(name: String) {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(type: String(parts[0]), id: String(parts[1]))
    }
}

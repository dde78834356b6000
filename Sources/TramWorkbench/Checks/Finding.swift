/// Something that is not as a ``Rule`` says.
public struct Finding: Hashable, Sendable {
    /// What it is, in one sentence without a full stop: `trip 7 is BOOKED, and has no room`.
    public let text: String
    /// Whether it follows from what is known to be lost, or from what an operator has decided: then it is
    /// told, and is no violation.
    public let isConsequence: Bool

    /// Something that is not as a rule says.
    public init(_ text: String, isConsequence: Bool = false) {
        self.text = text
        self.isConsequence = isConsequence
    }
}

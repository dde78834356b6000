/// A row of the inbox.
public struct InboxEntry: Hashable, Sendable {
    /// The id of the subscriber that has handled the message.
    public let subscriber: String
    /// The id as the row holds it: a row that was written by hand may hold anything.
    public let message: String
    /// When it was handled.
    public let received: Timestamp
    /// The digest of the message that was handled; nil when it was before there were digests.
    public let digest: Int?
    /// What came of it: handled, ignored, refused, or stashed as long as it is. Nil when it was handled
    /// before that was kept, and when the row holds no such word.
    public let outcome: DeliveryOutcome?
    private let effectsText: String?

    init(
        subscriber: String, message: String, received: Timestamp, digest: Int?,
        outcome: DeliveryOutcome? = nil, effectsText: String? = nil
    ) {
        self.subscriber = subscriber
        self.message = message
        self.received = received
        self.digest = digest
        self.outcome = outcome
        self.effectsText = effectsText
    }

    /// What the handler said that it did, or why it did nothing; nothing when that is not known.
    public var effects: [String] {
        effectsText.flatMap { try? WireFormat.decode([String].self, from: $0) } ?? []
    }

    /// Whether a message of this id is another one than the one that was handled.
    func isOther(digest: Int, sent: Timestamp?) -> Bool {
        if let known = self.digest { return known != digest }
        // It was handled before there were digests; but not before it was sent.
        return sent.map { received < $0 } ?? false
    }
}

/// A row of the inbox: a message that one subscriber has handled, and what came of it.
public struct InboxEntry: Hashable, Sendable {
    /// The id of the subscriber that has handled the message.
    public let subscriber: String
    /// The message's id as the row holds it. Use `MessageID(entry.message)` to read it: a row that
    /// was written by hand may hold anything.
    public let message: String
    /// When it was handled: the time at which the handler's transaction began, by the clock of the
    /// subscriber's store.
    public let received: Timestamp
    /// The digest of the message that was handled; nil when the row is older than digests are.
    public let digest: Int?
    /// What came of it: handled, ignored, refused, or stashed while it waits for a lock.
    ///
    /// Nil when the row is older than outcomes are, and when it holds a word that this program does
    /// not know.
    public let outcome: DeliveryOutcome?
    /// A JSON array of sentences, decoded only when it is asked for.
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

    /// What the handler said that it did, or why it did nothing: one sentence each. Empty when that
    /// is not known.
    public var effects: [String] {
        effectsText.flatMap { try? WireFormat.decode([String].self, from: $0) } ?? []
    }

    /// Whether a message of this id is another one than the one that was handled: the outbox has
    /// given out the number twice.
    ///
    /// - Parameters:
    ///   - digest: that of the message at hand.
    ///   - sent: when it was sent. It decides where the row has no digest: what was handled before
    ///     it was sent was another message.
    func isOther(digest: Int, sent: Timestamp?) -> Bool {
        if let known = self.digest { return known != digest }
        // A row without a digest: a message cannot have been handled before it was sent.
        return sent.map { received < $0 } ?? false
    }
}

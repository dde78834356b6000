/// A subscriber that can set messages aside and go on with them later, for example when a lock is free.
/// The inbox knows such a message as handled.
public protocol StashingSubscriber: Subscriber {
    /// Goes on with a message that was set aside.
    ///
    /// - Returns: nil when the message was not set aside: then it is a duplicate.
    func resume(_ message: Message, in transaction: any Transaction) throws -> HandlerOutcome?

    /// The next message to go on with, now that another one has been handled; nil when there is none.
    func nextToResume(
        after message: Message, in transaction: any Transaction
    ) throws -> Message?

    /// Lets a message that could not be gone on with come from its outbox again: ``resume(_:in:)`` is
    /// then called for it, and ``nextToResume(after:in:)`` passes it over.
    func giveBack(_ message: MessageID, in transaction: any Transaction) throws

    /// The messages that were given back and are still set aside.
    func givenBack(in transaction: any Transaction) throws -> [MessageID]

    /// Forgets a message that was given back: it will never be handled.
    func drop(_ message: MessageID, in transaction: any Transaction) throws
}

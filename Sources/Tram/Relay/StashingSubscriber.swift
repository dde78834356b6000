/// A subscriber that can set messages aside and go on with them later, for example when a lock is
/// free.
///
/// ``CommandHandlers`` is the one of this library: a command that needs what another saga has
/// locked is stashed, and resumed when that saga ends (after Eventuate Tram Sagas, where the table
/// is called `saga_stash_table`). ``CombinedSubscriber`` passes everything on to its parts.
///
/// A stashed message counts as handled: the inbox knows it, and its outbox has published it. So it
/// must be kept in the subscriber's own store, in the transaction that stashes it. When it is
/// resumed, the relay asks ``nextToResume(after:in:)`` after each handled message until it returns
/// nil, and calls ``resume(_:in:)`` for what it returns.
///
/// If resuming fails, the message is given back: its outbox makes it pending again, delivers it,
/// and parks it in the end like any other. ``givenBack(in:)`` is what a relay asks at the beginning
/// of each pass, so that a process may die between the two.
public protocol StashingSubscriber: Subscriber {
    /// Goes on with a message that was stashed, and removes it from the stash unless it must wait
    /// again.
    ///
    /// Also called when such a message comes from its outbox once more, which makes it a duplicate
    /// unless it was given back.
    ///
    /// - Returns: what came of it; nil when the message is not stashed, or must still wait: then
    ///   nothing is to be done, and it is a duplicate.
    /// - Throws: any error of the handler: the message is then given back.
    func resume(_ message: Message, in transaction: any Transaction) throws -> HandlerOutcome?

    /// Finds the next message to go on with, now that another one has been handled.
    ///
    /// - Parameter message: the message that was handled; what can go on depends on it alone.
    /// - Returns: a stashed message that nothing is in the way of any more; nil when there is none.
    func nextToResume(
        after message: Message, in transaction: any Transaction
    ) throws -> Message?

    /// Leaves a message that could not be resumed to its outbox. It stays in the stash:
    /// ``resume(_:in:)`` is called for it when it comes again, and ``nextToResume(after:in:)``
    /// passes it over. A message that is not stashed is passed over.
    func giveBack(_ message: MessageID, in transaction: any Transaction) throws

    /// The messages that were given back and are still stashed, in the order in which they came.
    func givenBack(in transaction: any Transaction) throws -> [MessageID]

    /// Forgets a stashed message that will never be handled: an operator has discarded it.
    func drop(_ message: MessageID, in transaction: any Transaction) throws
}

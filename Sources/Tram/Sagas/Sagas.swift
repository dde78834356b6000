/// Questions about sagas of any type, asked in a transaction on the store of their service. No
/// definition is needed, so a tool can ask them of a store whose program it does not have.
public enum Sagas {
    /// Whether a store has the tables of sagas.
    package static func hasTables(_ transaction: any Transaction) throws -> Bool {
        try SagaLocks.exist(in: transaction)
    }

    /// Where a saga stands.
    ///
    /// - Returns: nil when there is no such saga, or it was purged.
    /// - Throws: ``SagaDamage`` when its row does not hold what it should.
    public static func overview(
        of saga: SagaReference, in transaction: any Transaction
    ) throws -> SagaOverview? {
        try SagaInstances(transaction).overview(saga)
    }

    /// The commands of a saga that wait for a lock in this store, in the order in which they came.
    /// This is asked of a participant's store, not of the saga's.
    public static func stashedCommands(
        of saga: SagaReference, in transaction: any Transaction
    ) throws -> [MessageHeading] {
        try SagaLocks(transaction).stashedCommands(of: saga)
    }

    /// The command whose reply is missing, see ``SagaOutlook/request``.
    package static func unanswered(
        of saga: SagaOverview, in transaction: any Transaction
    ) throws -> MessageID? {
        try SagaLog(transaction).unanswered(of: saga)
    }

    /// The commands of a saga that have waited for a lock, could not be resumed, and are left to
    /// their outboxes. The inbox knows them as stashed, but they have not been handled.
    package static func commandsGivenBack(
        of saga: SagaReference, in transaction: any Transaction
    ) throws -> [MessageID] {
        try SagaLocks(transaction).stashedCommands(of: saga, givenBack: true).map(\.id)
    }

    /// Whether a message is a command that has waited for a lock, could not be resumed, and is left
    /// to its outbox.
    package static func isGivenBack(
        _ message: Message, in transaction: any Transaction
    ) throws -> Bool {
        guard SagaReference(of: message) != nil, try SagaLocks.exist(in: transaction) else {
            return false
        }
        return try SagaLocks(transaction).stashed(message.id)?.isGivenBack == true
    }

    /// Whether the columns of a saga's row say the same as its state.
    package static func isConsistent(
        _ saga: SagaReference, in transaction: any Transaction
    ) throws -> Bool {
        try SagaInstances(transaction).isConsistent(saga)
    }

    /// Whether a saga is gone because it was purged: then it had been completed or rolled back.
    public static func isPurged(
        _ saga: SagaReference, in transaction: any Transaction
    ) throws -> Bool {
        try SagaInstances(transaction).isPurged(saga)
    }

    /// How many sagas have been purged from this store so far.
    public static func purgedCount(in transaction: any Transaction) throws -> Int {
        try SagaInstances(transaction).purgedCount()
    }

    /// What operators have decided about sagas of the service, oldest first: also about sagas that
    /// have been purged since.
    public static func decisions(in transaction: any Transaction) throws -> [SagaDecisionRecord] {
        try SagaDecisions(transaction).all()
    }

    /// What has happened to a saga, from its start; empty once it was purged.
    ///
    /// - Throws: ``SagaDamage`` when an entry cannot be read; ``SagaManager/inspect(_:in:)`` tells
    ///   the others all the same.
    public static func log(
        of saga: SagaReference, in transaction: any Transaction
    ) throws -> [SagaLogEntry] {
        try SagaLog(transaction).entries(of: saga)
    }
}

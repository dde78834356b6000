/// What ``Relay/accept(_:incarnation:)`` will change in a store that was put back from an older
/// copy.
///
/// A plan is made from reads of all stores, without a lock on any of them. It is applied in one
/// transaction of the accepted store, and only if that store's counters are still those in
/// `before`: whoever has written a message or started a saga meanwhile has raised a counter, and
/// the plan is made again. So a plan is never applied to a store that it was not made for.
struct AcceptancePlan {
    let service: String
    /// The store's counters, by table, when the plan was made.
    let before: [String: Int]
    /// The counters that the store goes on from: none is lower than any number that another store
    /// has seen of it.
    let after: [String: Int]
    /// Messages whose number another inbox already knows with other content, and those that must
    /// stay behind them.
    let renumbered: [AcceptanceReport.Renumbering]
    /// Aggregates that may bear the number of one that is lost.
    let reused: [ReusedAggregate]
    /// The incarnations by which others know the store. Recording them tells later comparisons that
    /// these belong to the store's past, so that it is not taken for rolled back again.
    let known: Set<String>

    /// Carries the plan out. All of it is one transaction, so that a crash leaves the store as it
    /// was.
    ///
    /// The counters come first: the messages get numbers above them, and a row that a later
    /// transaction writes cannot collide with a renumbered one.
    func apply(as incarnation: String, in transaction: any Transaction) throws {
        for (table, value) in after { try transaction.setCounter(of: table, to: value) }
        try Outbox(transaction).renumber(renumbered)
        // A service that neither runs sagas nor takes part in them may have none of their tables.
        if before["saga_instance"] != nil { try SagaInstances(transaction).renumber(renumbered) }
        try Identities(transaction).accept(
            as: incarnation, known: known, before: before, after: after, reused: reused)
    }

    /// What the plan changes, for the operator; only counters that really rise are in it.
    var report: AcceptanceReport {
        let raised = after.filter { $0.value > before[$0.key] ?? 0 }
        return AcceptanceReport(
            service: service,
            raised: Dictionary(
                uniqueKeysWithValues: raised.map { table, value in
                    (table, AcceptanceReport.Raise(from: before[table] ?? 0, to: value))
                }), renumbered: renumbered, reused: reused, isUnchanged: false)
    }
}

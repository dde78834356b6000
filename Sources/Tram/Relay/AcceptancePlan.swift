/// What is to be done to a store that is accepted.
struct AcceptancePlan {
    let service: String
    /// The store's counters when it was planned.
    let before: [String: Int]
    /// Those that it goes on from.
    let after: [String: Int]
    let renumbered: [AcceptanceReport.Renumbering]
    let reused: [ReusedAggregate]
    /// The incarnations by which others know the store.
    let known: Set<String>

    func apply(as incarnation: String, in transaction: any Transaction) throws {
        for (table, value) in after { try transaction.setCounter(of: table, to: value) }
        try Outbox(transaction).renumber(renumbered)
        // Without a saga there may be no tables of sagas.
        if before["saga_instance"] != nil { try SagaInstances(transaction).renumber(renumbered) }
        try Identities(transaction).accept(
            as: incarnation, known: known, before: before, after: after, reused: reused)
    }

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

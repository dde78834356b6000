internal import Tram

// What holds of the stores of any application, whatever is in them.

extension Rule {
    /// The workbench's own rules, for an application that says nothing of their order.
    public static func standard(_ views: Views) -> [Rule] {
        [
            publishedWhenHandled(views), handledWasSent(views), sagasHaveEnded(views),
            storesAreOfOneSystem(views), messagesAreAsSent(views), nothingNumberedIsGone(views),
            handledIsAsSent(views), sagasAreAsLogged(views),
        ]
    }

    /// The stores are of one system, and none is older than others know it.
    public static func storesAreOfOneSystem(_ views: Views) -> Rule {
        .readable("the stores are of one system, and none is older than others know it") {
            try Views.findings {
                try views.application.relay.mismatches(in: views.all).map { Finding("\($0)") }
                    + views.all.flatMap { try RowAudit(view: $0).halfIdentity() }
                    .map { Finding($0) }
            }
        }
    }

    /// Nothing that was numbered is gone, and no number is given out twice: messages, sagas, and the rows of
    /// the tables in ``StoreDefinition/numbered``.
    public static func nothingNumberedIsGone(_ views: Views) -> Rule {
        .readable("nothing that was numbered is gone, and no number is given out twice") {
            let definitions = type(of: views.application).definitions
            let missing = try views.inEach { view in
                let own = definitions.first { $0.name == view.storeName }?.numbered ?? []
                return try missingRows(of: own, in: view).map { Finding($0) }
            }
            let reused = try views.readableLosses().reused.map(\.description).sorted().map {
                Finding(
                    "\($0) may have the number of a lost one, for which others take it",
                    isConsequence: true)
            }
            return missing + reused
        }
    }

    /// The tables that do not hold as many rows as have been numbered, and the counters that are behind
    /// their tables.
    ///
    /// - Parameter numbered: the application's tables.
    private static func missingRows(
        of numbered: [String], in view: any Transaction
    ) throws -> [String] {
        let counters = try view.counters()
        let sagas = try Sagas.hasTables(view) ? ["saga_instance"] : []
        return try (numbered + sagas + ["message"]).flatMap { table in
            let counter = counters[table] ?? 0
            let row = try view.rows(
                SQL(
                    unsafeText:
                        "SELECT count(*), coalesce(max(id), 0), coalesce(min(id), 1) FROM \(table)")
            )[0]
            let (count, highest, lowest): (Int, Int, Int) = try row.values()
            if lowest < 1 { return ["\(table) has a row \(lowest), and rows count from 1"] }
            if highest > counter {
                return ["the counter of \(table) is at \(counter), and there is a row \(highest)"]
            }
            let purged =
                switch table {
                case "message": try Outbox(view).purgedCount()
                case "saga_instance": try Sagas.purgedCount(in: view)
                default: 0
                }
            let gone = try counter - count - purged - Identities(view).lostCount(of: table)
            if gone == 0 { return [] }
            return [
                "\(counter) rows of \(table) have been numbered, and \(abs(gone)) of them "
                    + (gone > 0 ? "are gone" : "are too many")
            ]
        }
    }
}

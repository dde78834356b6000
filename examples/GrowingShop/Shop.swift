import Tram
import TramSQLite

/// Time that passes only when the story lets it.
final class Clock {
    var now = Timestamp(milliseconds: 0)
}

/// One version of the shop's program: its three stores, and the relay between them.
struct Shop {
    let orders: SQLiteStore
    let relay: Relay

    /// - Parameters:
    ///   - migrations: of the shop's own tables. A version appends to those of the one before.
    ///   - subscribers: of the shop's own service.
    init(
        in directory: String, _ clock: Clock, migrations: [Migration],
        _ subscribers: [any Subscriber], payments: CommandHandlers
    ) throws {
        func store(_ name: String, _ migrations: [Migration]) throws -> SQLiteStore {
            let store = SQLiteStore(
                name: name, path: "\(directory)/\(name).db",
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: migrations),
                clock: { clock.now })
            try store.create()
            return store
        }
        orders = try store("shop", migrations)
        relay = try Relay(wholeSystem: [
            Service(store: orders, subscribers: subscribers),
            Service(
                store: store("payments", [Migration(Payments.tables)]), subscribers: [payments]),
            Service(
                store: store("shipping", [Migration(Shipping.tables)]),
                subscribers: [Shipping.handlers]),
        ])
    }

    /// Relays until nothing moves any more. What fails twice is parked.
    func runUntilIdle() throws {
        for _ in 1...2 {
            try relay.run(parking: ParkingPolicy(maxAttempts: 2)).runUntilIdle(report: report)
        }
    }

    /// Makes one pass, and stops.
    func pass() throws {
        try relay.run().pass(report: report)
    }

    private func report(_ event: RelayEvent) {
        switch event {
        case .delivered(let delivery):
            let receipt = delivery.receipt
            let outcome = receipt.outcome == .handled ? [] : [receipt.outcome.rawValue]
            print(
                "  \(delivery.message.type) -> \(delivery.subscriber ?? "nobody"): "
                    + (outcome + receipt.effects).joined(separator: ": "))
        case .expired(let expiry): print("  \(expiry.effect)")
        case .began, .unavailable, .ended: break
        }
    }

    /// Prints what the shop's tables hold.
    func tell() throws {
        try orders.read { transaction in
            let rows = try transaction.rows(
                """
                SELECT number, customer, state,
                    (SELECT count(*) FROM mail WHERE customer_order = number), cents
                FROM customer_order LEFT JOIN entry ON entry.customer_order = number
                ORDER BY number
                """)
            for row in rows {
                let (number, customer, state, mails, cents): (Int, String, String, Int, Int?) =
                    try row.values()
                print(
                    "  order \(number) of \(customer): \(state), mails: \(mails), "
                        + "in the books: \(cents.map { "\($0) cents" } ?? "nothing")")
            }
        }
    }
}

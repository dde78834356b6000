package import Customers
package import OrderHistory
package import Orders
package import Platform
package import Tram
package import TramSQLite

/// The whole system: three stores, three services on them, and the relay that connects them. Whatever
/// needs more than one service's store is here, and only reads.
package final class CustomersAndOrders {
    package let customerStore: SQLiteStore
    package let orderStore: SQLiteStore
    package let historyStore: SQLiteStore

    package let customers: CustomerService
    package let orders: OrderService
    package let history: OrderHistoryService
    package let relay: Relay

    /// How long to wait for other processes, all locks together.
    package let patience: Patience

    let directory: DataDirectory?

    /// The system in a directory's files. None of them is opened before it is used.
    package convenience init(in directory: DataDirectory) throws {
        let patience = Patience(milliseconds: directory.lockTimeout)
        func store(_ name: String, _ schema: Schema) -> SQLiteStore {
            SQLiteStore(
                name: name, path: directory.file(name + ".db"), schema: schema, patience: patience)
        }
        try self.init(
            store(ServiceName.customer, Schemas.customer), store(ServiceName.order, Schemas.order),
            store(ServiceName.history, Schemas.history), patience: patience, directory: directory)
    }

    /// A system in memory.
    package convenience init(inMemoryWithClock clock: @escaping () -> Timestamp) throws {
        try self.init(
            SQLiteStore(inMemory: ServiceName.customer, schema: Schemas.customer, clock: clock),
            SQLiteStore(inMemory: ServiceName.order, schema: Schemas.order, clock: clock),
            SQLiteStore(inMemory: ServiceName.history, schema: Schemas.history, clock: clock),
            patience: Patience(milliseconds: 0), directory: nil)
    }

    private init(
        _ customerStore: SQLiteStore, _ orderStore: SQLiteStore, _ historyStore: SQLiteStore,
        patience: Patience, directory: DataDirectory?
    ) throws {
        self.customerStore = customerStore
        self.orderStore = orderStore
        self.historyStore = historyStore
        self.patience = patience
        self.directory = directory
        customers = CustomerService(customerStore)
        orders = try OrderService(orderStore)
        history = OrderHistoryService(historyStore)
        relay = try Relay(wholeSystem: [
            Service(store: customerStore, subscribers: [customers.subscriber]),
            Service(store: orderStore, subscribers: [orders.subscriber]),
            Service(store: historyStore, subscribers: [OrderHistoryService.handlers]),
        ])
    }

    /// For what goes on without services that are away: each may be waited for as long as the others.
    package func availability() -> Availability {
        let availability = Availability()
        availability.whenAway = { [patience] in patience.renew() }
        return availability
    }

    /// Where relays note the delivery in hand; nil for a system in memory.
    package var journal: (any DeliveryJournal)? {
        directory.map { CrashJournal(path: $0.file("delivery-in-hand")) }
    }

    /// All stores, in the order in which their locks are taken.
    package var stores: [SQLiteStore] { [customerStore, orderStore, historyStore] }

    /// The service with this name.
    func service(_ name: String) -> Service {
        guard let service = relay.services.first(where: { $0.name == name }) else {
            preconditionFailure("there is no service \(name)")
        }
        return service
    }

    /// Makes the directory and its stores, if they are not there.
    package func create() throws {
        try directory?.create(stores, patience)
    }

    /// Opens and checks all stores, before any of them is changed. The view is disposable: the others
    /// go on without it.
    package func openAllForWriting() throws {
        let availability = availability()
        try openForWriting(availability)
        for store in [customerStore, orderStore] {
            if let reason = availability.reasons[store.name] { throw reason }
        }
    }

    /// The same for those that can be used.
    package func openForWriting(_ availability: Availability) throws {
        for store in stores {
            _ = try availability.attempt(store) { _ in try store.openForWriting() }
        }
    }

    /// Runs `body` while no relay runs: relays, purges and rebuilds exclude one another.
    ///
    /// - Throws: `RelayIsBusy`.
    package func withRelayLock<Result>(_ body: () throws -> Result) throws -> Result {
        try RelayLock(beside: stores).withRelayLock(patience, body)
    }
}

/// The names of the services, which are those of their stores.
package enum ServiceName {
    package static let customer = "customer"
    package static let order = "order"
    package static let history = "history"
    package static let all = [customer, order, history]
}

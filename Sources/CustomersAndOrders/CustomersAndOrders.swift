package import Customers
package import OrderHistory
package import Orders
internal import Platform
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

    private let directory: DataDirectory?

    /// The system in a directory's files. None of them is opened before it is used.
    package convenience init(in directory: DataDirectory) throws {
        func store(_ name: String, _ schema: Schema) -> SQLiteStore {
            SQLiteStore(
                name: name, path: directory.file(name + ".db"), schema: schema,
                lockTimeout: directory.lockTimeout)
        }
        try self.init(
            store(ServiceName.customer, Schemas.customer), store(ServiceName.order, Schemas.order),
            store(ServiceName.history, Schemas.history), directory: directory)
    }

    /// A system in memory.
    package convenience init(inMemoryWithClock clock: @escaping () -> Timestamp) throws {
        try self.init(
            SQLiteStore(inMemory: ServiceName.customer, schema: Schemas.customer, clock: clock),
            SQLiteStore(inMemory: ServiceName.order, schema: Schemas.order, clock: clock),
            SQLiteStore(inMemory: ServiceName.history, schema: Schemas.history, clock: clock),
            directory: nil)
    }

    private init(
        _ customerStore: SQLiteStore, _ orderStore: SQLiteStore, _ historyStore: SQLiteStore,
        directory: DataDirectory?
    ) throws {
        self.customerStore = customerStore
        self.orderStore = orderStore
        self.historyStore = historyStore
        self.directory = directory
        customers = CustomerService(customerStore)
        orders = try OrderService(orderStore)
        history = OrderHistoryService(historyStore)
        relay = Relay([
            Service(
                store: customerStore,
                subscribers: [CustomerEventConsumer.handlers, CustomerCommandHandler.handlers]),
            Service(store: orderStore, subscribers: [OrderEventConsumer.handlers, orders.sagas]),
            Service(store: historyStore, subscribers: [OrderHistoryService.handlers]),
        ])
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
        try directory?.create(stores)
    }

    /// Opens and checks all stores, before any of them is changed.
    package func openAllForWriting() throws {
        for store in stores { try store.openForWriting() }
    }

    /// Runs `body` while no relay runs: relays, purges and rebuilds exclude one another.
    ///
    /// - Throws: ``RelayIsBusy``.
    package func withoutRelay<Result>(_ body: () throws -> Result) throws -> Result {
        guard let directory else { return try body() }
        let lock: FileLock
        let isHeld: Bool
        do {
            lock = try FileLock(path: directory.file("relay-lock"))
            isHeld = try lock.acquire(waitingAtMost: directory.lockTimeout)
        } catch  where error.isInterruption {
            throw error
        } catch {
            throw DataDirectoryError.notWritable(path: directory.path, detail: "\(error)")
        }
        guard isHeld else { throw RelayIsBusy(waited: directory.lockTimeout) }
        defer { lock.release() }
        return try body()
    }
}

/// Another relay, a purge or a rebuild was at work for longer than this process was told to wait.
package struct RelayIsBusy: Error {
    /// In milliseconds.
    package let waited: Int
}

/// The names of the services, which are those of their stores.
package enum ServiceName {
    package static let customer = "customer"
    package static let order = "order"
    package static let history = "history"
    package static let all = [customer, order, history]
}

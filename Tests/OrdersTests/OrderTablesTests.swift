import Contracts
import TestSupport
import Testing
import Tram
import TramSQLite

@testable import Orders

/// Stores of earlier versions of the Order Service.
@Suite struct OrderTablesTests {
    @Test func `orders and the counter of their ids outlive the change of their table`() throws {
        let directory = try TemporaryDirectory()
        func store(_ migrations: [Migration]) throws -> SQLiteStore {
            let store = SQLiteStore(
                name: "order", path: directory.file("order.db"),
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: migrations), clock: fixedClock)
            try store.create()
            return store
        }
        func rows(_ store: SQLiteStore, _ query: StaticString) throws -> [[SQLValue]] {
            try store.read { try $0.rows(SQL(stringLiteral: query)).map(\.columns) }
        }
        let orders: StaticString = "SELECT * FROM orders ORDER BY id"
        let first = Migration(OrderTables.create)
        var before: [[SQLValue]] = []
        do {
            let store = try store([first])
            try store.write { transaction in
                let repository = OrderRepository(transaction)
                for customer in 1...3 {
                    _ = try repository.insert(
                        customerID: customer, total: Money(cents: 100), saga: .orchestration)
                }
                try transaction.execute(
                    """
                    UPDATE orders SET state = 'REJECTED', rejection_reason = 'UNKNOWN_CUSTOMER',
                        saga_id = '7' WHERE id = 1
                    """)
                try transaction.execute("DELETE FROM orders WHERE id = 3")
            }
            before = try rows(store, orders)
            #expect(before.count == 2)
        }
        let store = try store([first, Migration(OrderTables.knowUnknownReasons)])
        #expect(try rows(store, orders) == before)
        #expect(
            try rows(store, "SELECT name, seq FROM sqlite_sequence WHERE name LIKE 'orders%'")
                == [[.text("orders"), .integer(3)]])
        let next = try store.write { transaction in
            try transaction.execute(
                """
                UPDATE orders SET state = 'REJECTED', rejection_reason = 'UNKNOWN'
                WHERE id = 2
                """)
            return try OrderRepository(transaction).insert(
                customerID: 1, total: Money(cents: 100), saga: .choreography)
        }
        #expect(next.id == 4)
    }
}

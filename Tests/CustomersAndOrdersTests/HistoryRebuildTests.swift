import Contracts
import CustomersAndOrders
import OrderHistory
import Orders
import Testing
import Tram
import TramSQLite
import TramWorkbench

@Suite struct HistoryRebuildTests {
    let system: CustomersAndOrders

    init() throws {
        system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1500)
        try system.addOrder(total: 1000)
        try system.addOrder(total: 1000)
        try system.addOrder(customer: 9, total: 1000)
    }

    private func view() throws -> [CustomerHistory] {
        try system.history.histories(after: 0, limit: 100)
    }

    @Test func `a rebuilt view is the same view, whatever is still pending`() throws {
        let run = system.relay.run()
        repeat {
            let before = try system.snapshot()
            _ = try system.rebuildHistory()
            #expect(try system.snapshot() == before)
        } while try !run.step().isIdle
        _ = try system.orders.cancelOrder(1)
        try system.relayUntilIdle()
        let before = try view()
        #expect(try system.rebuildHistory().events == 8)
        #expect(try view() == before)
        #expect(try system.violations() == [])
    }

    @Test func `a spoiled view is mended`() throws {
        try system.relayUntilIdle()
        let before = try view()
        try system.historyStore.write { transaction in
            try transaction.execute("DELETE FROM order_view WHERE id = 2")
            try transaction.execute("UPDATE customer_view SET name = 'Nobody' WHERE id = 1")
        }
        #expect(try !system.violations().isEmpty)
        _ = try system.rebuildHistory()
        #expect(try view() == before)
        #expect(try system.violations() == [])
    }

    @Test func `after a purge it refuses, and leaves the view as it is`() throws {
        try system.relayUntilIdle()
        _ = try system.workbench.purge()
        let before = try view()
        #expect(throws: HistoryRebuildError.self) { try system.rebuildHistory() }
        #expect(try view() == before)
    }
}

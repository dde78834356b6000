import Contracts
import CustomersAndOrders
import Orders
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// Whether an order's saga is stuck is the relay's to say.
@Suite struct StuckOrderTests {
    private let system: CustomersAndOrders

    init() throws {
        system = try .inMemory()
        try system.addCustomer(limit: 500)
        try system.addOrder(total: 400, .orchestration)
    }

    private var outlook: SagaOutlook {
        get throws {
            let id = try #require(try system.orders.order(1).sagaID)
            let saga = SagaReference(type: CreateOrderSaga.sagaType, id: id)
            return try #require(try system.relay.outlook(of: saga))
        }
    }

    private func expect(
        isStuck: Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let wait = try system.wait(of: system.orders.order(1))
        #expect(wait.isStuck == isStuck, sourceLocation: sourceLocation)
        #expect(try outlook.waitsForNothing == isStuck, sourceLocation: sourceLocation)
        #expect(
            try system.workbench.helplessSagas().map(\.need) == (isStuck ? [.stuck] : []),
            sourceLocation: sourceLocation)
    }

    private func change(_ sql: SQL) throws {
        _ = try system.orderStore.write { try $0.execute(sql) }
    }

    @Test func `it is stuck when its command is lost, unless time moves it`() throws {
        try expect(isStuck: false)
        try change("DELETE FROM message WHERE type = 'ReserveCredit'")
        try expect(isStuck: true)
        try change("UPDATE saga_instance SET deadline = 4102444800000")
        try expect(isStuck: false)
        try change("UPDATE saga_instance SET deadline = NULL, retry_at = 4102444800000")
        try expect(isStuck: false)
    }

    @Test func `it is stuck when the reply is lost`() throws {
        try system.relay.run().pass()
        try expect(isStuck: false)
        _ = try system.customerStore.write { try $0.execute("UPDATE message SET published = 1") }
        try expect(isStuck: true)
    }

    @Test func `a saga that has failed is helpless, and waits for nothing more`() throws {
        let state =
            #"{"currentlyExecuting":"create order","compensating":false,"endState":true,"failed":true}"#
        try change(
            """
            UPDATE saga_instance SET state_name = \(state), failed = 1, end_state = 1,
                last_request_id = NULL
            """)
        try change("UPDATE message SET published = 1")
        #expect(try !outlook.waitsForNothing)
        #expect(try outlook.isStuck)
        #expect(try !system.wait(of: system.orders.order(1)).isStuck)
        #expect(
            try system.workbench.helplessSagas().map(\.need)
                == [.failed(step: "create order")])
        #expect(try system.workbench.helplessSagas().map(\.name.number) == [1])
    }

    @Test func `a choreographed order is stuck when its message is lost`() throws {
        try system.addOrder(total: 100)
        #expect(try !system.wait(of: system.orders.order(2)).isStuck)
        try change("DELETE FROM message WHERE type = 'OrderCreated'")
        #expect(try system.wait(of: system.orders.order(2)).isStuck)
        #expect(try system.workbench.helplessSagas().map(\.need) == [.stuck])
        #expect(try system.workbench.helplessSagas().map(\.name.number) == [2])
    }
}

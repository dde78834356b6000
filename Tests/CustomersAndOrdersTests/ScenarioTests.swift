import Contracts
import Customers
import CustomersAndOrders
import OrderHistory
import Orders
import Testing
import Tram
import TramWorkbench

/// The original's end-to-end scenarios, under its names.
@Suite struct ScenarioTests {
    let system: CustomersAndOrders

    init() throws {
        system = try CustomersAndOrders.inMemory()
    }

    @Test(arguments: SagaKind.allCases)
    func shouldApprove(saga: SagaKind) throws {
        try system.addCustomer(limit: 1500)
        let order = try system.addOrder(total: 1234, saga)
        #expect(try system.relayUntilIdle() == 3, "an order takes exactly three passes")
        #expect(try system.orders.order(order).state == .approved)
        #expect(try system.violations() == [])
    }

    @Test(arguments: SagaKind.allCases)
    func shouldRejectBecauseOfInsufficientCredit(saga: SagaKind) throws {
        try system.addCustomer(limit: 1500)
        let order = try system.addOrder(total: 12334, saga)
        #expect(try system.relayUntilIdle() == 3)
        #expect(try system.orders.order(order).state == .rejected)
        #expect(try system.orders.order(order).rejectionReason == .insufficientCredit)
        #expect(try system.violations() == [])
    }

    @Test(arguments: [123, Int.max], SagaKind.allCases)
    func shouldRejectBecauseOfUnknownCustomer(customer: Int, saga: SagaKind) throws {
        let order = try system.addOrder(customer: customer, total: 1234, saga)
        #expect(try system.relayUntilIdle() == 3)
        #expect(try system.orders.order(order).rejectionReason == .unknownCustomer)
        #expect(try system.history.history(of: customer)?.customer == nil)
        #expect(try system.history.history(of: customer)?.orders.map(\.state) == [.rejected])
        #expect(try system.violations() == [])
    }

    @Test(arguments: SagaKind.allCases)
    func shouldCancel(saga: SagaKind) throws {
        try system.addCustomer(limit: 1500)
        let order = try system.addOrder(total: 1234, saga)
        try system.relayUntilIdle()
        _ = try system.orders.cancelOrder(order)
        #expect(try system.violations() == [], "its credit is still reserved, and may be")
        try system.relayUntilIdle()
        #expect(try system.orders.order(order).state == .cancelled)
        #expect(try system.history.history(of: 1)?.orders.map(\.state) == [.cancelled])
        #expect(try system.customers.customer(1)?.available == Money(cents: 1500))
        let next = try system.addOrder(total: 1500, saga)
        try system.relayUntilIdle()
        #expect(try system.orders.order(next).state == .approved)
        #expect(try system.violations() == [])
    }

    @Test(arguments: SagaKind.allCases)
    func shouldRejectApproveAndKeepOrdersInHistory(saga: SagaKind) throws {
        try system.addCustomer(limit: 100_000)
        try system.addOrder(total: 10000, saga)
        try system.addOrder(total: 100_000, saga)
        try system.relayUntilIdle()
        #expect(try system.history.history(of: 1)?.orders.map(\.state) == [.approved, .rejected])
        #expect(try system.violations() == [])
    }

    @Test func shouldHandleOrderHistoryQueryForUnknownCustomer() throws {
        #expect(try system.history.history(of: 1) == nil)
    }

    @Test func `an order waits for one delivery after the other`() throws {
        try system.addCustomer(limit: 1500)
        let id = try system.addOrder(total: 1234)
        func waiting() throws -> [String] {
            try system.wait(of: system.orders.order(id)).deliveries.map {
                "\($0.subscriber) \($0.message.id) \($0.state)"
            }
        }
        #expect(try waiting() == ["customer order:1 pending"])
        let run = system.relay.run()
        try run.pass()
        #expect(try waiting() == ["order customer:2 pending"])
        try run.pass()
        #expect(try waiting() == [])
        _ = try system.orders.cancelOrder(id)
        #expect(try waiting() == ["customer order:3 pending"])
    }

    @Test func `an orchestrated order waits for its saga's command and reply`() throws {
        try system.addCustomer(limit: 1500)
        let id = try system.addOrder(total: 1234, .orchestration)
        func waiting() throws -> [String] {
            try system.wait(of: system.orders.order(id)).deliveries.map {
                "\($0.subscriber) \($0.message.id) \($0.message.type)"
            }
        }
        #expect(try waiting() == ["customer order:2 ReserveCredit"])
        #expect(try system.sagaStep(ofOrder: id) == "reserve credit")
        let run = system.relay.run()
        try run.pass()
        #expect(try waiting() == ["order customer:2 CustomerCreditReserved"])
        try run.pass()
        #expect(try waiting() == [])
        #expect(try system.sagaStep(ofOrder: id) == nil)
    }

    @Test func `the view knows how far it is behind`() throws {
        try system.addCustomer(limit: 1500)
        try system.addCustomer(limit: 1500)
        try system.addOrder(customer: 2, total: 1)
        #expect(try system.eventsBehindView() == [1: 1, 2: 2])
        try system.relay.run().step()
        #expect(try system.eventsBehindView() == [2: 2])
        try system.relayUntilIdle()
        #expect(try system.eventsBehindView() == [:])
    }

    @Test func `a purge takes only what every subscriber has handled`() throws {
        try system.addCustomer(limit: 1500)
        try system.addOrder(total: 1234)
        try system.relay.run().pass()
        let purged = try system.workbench.purge()
        #expect(purged.freed.map(\.messages) == [1, 1, 0])
        #expect(purged.freed.map(\.handled) == [0, 0, 0])
        try system.relayUntilIdle()
        #expect(try system.orders.order(1).state == .approved)
        #expect(try system.violations() == [])
    }
}

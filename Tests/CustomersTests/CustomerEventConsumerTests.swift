import Contracts
import TestSupport
import Testing
import Tram
import TramSQLite

@testable import Customers

@Suite struct CustomerEventConsumerTests {
    let store: SQLiteStore
    let service: CustomerService

    init() throws {
        store = try SQLiteStore(
            inMemory: "customer",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messaging,
                migrations: [Migration(CustomerTables.create)]))
        service = CustomerService(store)
        _ = try service.createCustomer(
            name: try #require(CustomerName("Jane Doe")), creditLimit: Money(cents: 1500))
    }

    private func handle(_ event: some OrderEvent, order: Int) throws -> HandlerOutcome {
        try store.write { transaction in
            try CustomerEventConsumer.handlers.handle(
                eventMessage(event, about: order, id: "order:1"), in: transaction)
        }
    }

    private func created(by customer: Int = 1, total: Int) -> OrderCreated {
        OrderCreated(
            orderDetails: OrderDetails(customerId: customer, orderTotal: Money(cents: total)),
            saga: .choreography)
    }

    private func published() throws -> [String] {
        try store.read { try Outbox($0).headings(after: 1).map(\.type) }
    }

    @Test func `credit is reserved and said so`() throws {
        let outcome = try handle(created(total: 1234), order: 1)
        #expect(outcome == .handled("reserved 12.34 of 15.00 for order 1"))
        #expect(try service.customer(1)?.reserved == Money(cents: 1234))
        #expect(try published() == [CustomerCreditReserved.eventType])
    }

    @Test func `credit that is not there is refused, and none is reserved`() throws {
        let outcome = try handle(created(total: 12334), order: 1)
        #expect(
            outcome == .handled("no credit for order 1: 123.34 asked, 15.00 of 15.00 available"))
        #expect(try service.customer(1)?.reserved == .zero)
        #expect(try published() == [CustomerCreditLimitExceeded.eventType])
    }

    @Test func `an unknown customer is told, not made`() throws {
        _ = try handle(created(by: .max, total: 1), order: 1)
        #expect(try service.customer(.max) == nil)
        #expect(try published() == [CustomerNotFound.eventType])
    }

    @Test func `the reservations of several orders add up`() throws {
        _ = try handle(created(total: 600), order: 1)
        _ = try handle(created(total: 600), order: 2)
        _ = try handle(created(total: 600), order: 3)
        #expect(try service.customer(1)?.reserved == Money(cents: 1200))
        #expect(
            try published() == [
                CustomerCreditReserved.eventType, CustomerCreditReserved.eventType,
                CustomerCreditLimitExceeded.eventType,
            ])
    }

    @Test func `an order's credit is reserved once, also when another message tells of it again`()
        throws
    {
        _ = try handle(created(total: 600), order: 1)
        let again = try handle(created(total: 600), order: 1)
        #expect(again == .ignored("credit is already reserved for order 1"))
        #expect(try service.customer(1)?.reserved == Money(cents: 600))
    }

    @Test func `a cancelled order's credit is freed once`() throws {
        _ = try handle(created(total: 600), order: 1)
        let cancelled = OrderCancelled(
            orderDetails: OrderDetails(customerId: 1, orderTotal: Money(cents: 600)))
        #expect(try handle(cancelled, order: 1) == .handled("released 6.00 of order 1"))
        #expect(try handle(cancelled, order: 1) == .ignored("no credit is reserved for order 1"))
        #expect(try service.customer(1)?.reserved == .zero)
    }

    @Test func `customers are listed in pages`() throws {
        for _ in 2...5 {
            _ = try service.createCustomer(
                name: try #require(CustomerName("x")), creditLimit: .zero)
        }
        #expect(try service.customers(after: 0, limit: 3).map(\.id) == [1, 2, 3])
        #expect(try service.customers(after: 3, limit: 3).map(\.id) == [4, 5])
    }
}

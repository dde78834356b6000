import Contracts
import TestSupport
import Testing
import Tram
import TramSQLite

@testable import Orders

@Suite struct OrderServiceTests {
    let store: SQLiteStore
    let service: OrderService

    init() throws {
        store = try SQLiteStore(
            inMemory: "order",
            schema: Schema(
                applicationID: 1,
                library: LibraryTables.messagingAndSagas,
                migrations: [
                    Migration(OrderTables.create), Migration(OrderTables.knowUnknownReasons),
                ]))
        service = try OrderService(store)
    }

    private func create(customer: Int = 1, cents: Int = 1234) throws -> Int {
        try service.createOrder(customerID: customer, total: Money(cents: cents)).order.id
    }

    private func handle(_ event: some CustomerEvent) throws -> HandlerOutcome {
        try store.write { transaction in
            try OrderEventConsumer.handlers.handle(
                eventMessage(event, about: 1, id: "customer:1"), in: transaction)
        }
    }

    private func published() throws -> [String] {
        try store.read { try Outbox($0).headings(after: 0).map(\.type) }
    }

    @Test func `an order begins pending, and its event tells what was ordered`() throws {
        let id = try create(customer: 7)
        #expect(try service.order(id).state == .pending)
        let message = try store.read {
            try Outbox($0).unpublished(after: 0, through: .max, limit: 1)
        }[0]
        #expect(message.partitionID == "\(id)")
        #expect(
            message.payload
                == #"{"orderDetails":{"customerId":7,"orderTotal":{"amount":12.34}},"saga":"choreography"}"#
        )
    }

    @Test func `reserved credit approves`() throws {
        let id = try create()
        #expect(
            try handle(CustomerCreditReserved(customerId: 1, orderId: id))
                == .handled("order 1 APPROVED"))
        #expect(try service.order(id).state == .approved)
        #expect(try published() == ["OrderCreated", "OrderApproved"])
    }

    @Test func `missing credit and a missing customer reject, each with its reason`() throws {
        let poor = try create()
        _ = try handle(CustomerCreditLimitExceeded(customerId: 1, orderId: poor))
        #expect(try service.order(poor).rejectionReason == .insufficientCredit)
        let unknown = try create()
        _ = try handle(CustomerNotFound(customerId: 1, orderId: unknown))
        #expect(try service.order(unknown).rejectionReason == .unknownCustomer)
        #expect(
            try published() == ["OrderCreated", "OrderRejected", "OrderCreated", "OrderRejected"])
    }

    @Test func `a late answer moves no order out of an end state`() throws {
        let id = try create()
        _ = try handle(CustomerCreditReserved(customerId: 1, orderId: id))
        _ = try service.cancelOrder(id)
        let outcomes = try [
            handle(CustomerCreditReserved(customerId: 1, orderId: id)),
            handle(CustomerCreditLimitExceeded(customerId: 1, orderId: id)),
            handle(CustomerNotFound(customerId: 1, orderId: id)),
        ]
        #expect(outcomes.allSatisfy { $0 == .ignored("order 1 is already CANCELLED") })
        #expect(try service.order(id).state == .cancelled)
        #expect(try published() == ["OrderCreated", "OrderApproved", "OrderCancelled"])
    }

    @Test func `an answer about an order that does not exist is an accident`() throws {
        #expect(throws: OrderError.notFound(9)) {
            try handle(CustomerCreditReserved(customerId: 1, orderId: 9))
        }
    }

    @Test func `cancelling is refused in every state but one, and changes nothing`() throws {
        let id = try create()
        #expect(throws: OrderError.notCancellable(id, .pending)) { try service.cancelOrder(id) }
        _ = try handle(CustomerNotFound(customerId: 1, orderId: id))
        #expect(throws: OrderError.notCancellable(id, .rejected)) { try service.cancelOrder(id) }
        #expect(throws: OrderError.notFound(99)) { try service.cancelOrder(99) }
        #expect(try published() == ["OrderCreated", "OrderRejected"])
    }

    @Test func `orders are filtered and listed in pages`() throws {
        for customer in [1, 2, 1, 2, 1] { _ = try create(customer: customer) }
        _ = try handle(CustomerCreditReserved(customerId: 1, orderId: 3))
        func ids(_ filter: OrderFilter, after: Int = 0, limit: Int = 9) throws -> [Int] {
            try service.orders(filter, after: after, limit: limit).map(\.id)
        }
        #expect(try ids(OrderFilter()) == [1, 2, 3, 4, 5])
        #expect(try ids(OrderFilter(), after: 2, limit: 2) == [3, 4])
        #expect(try ids(OrderFilter(customerID: 1)) == [1, 3, 5])
        #expect(try ids(OrderFilter(customerID: 1, state: .pending)) == [1, 5])
        #expect(try ids(OrderFilter(state: .approved)) == [3])
    }
}

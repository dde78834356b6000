import Contracts
import TestSupport
import Testing
import Tram
import TramSQLite

@testable import OrderHistory

@Suite struct OrderHistoryServiceTests {
    let store: SQLiteStore
    let service: OrderHistoryService
    let details = OrderDetails(customerId: 1, orderTotal: Money(cents: 400))

    init() throws {
        store = try SQLiteStore(
            inMemory: "history",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messaging,
                migrations: [Migration(HistoryTables.create)]))
        service = OrderHistoryService(store)
    }

    @discardableResult
    private func handle(_ event: some DomainEvent, about id: Int = 1) throws -> HandlerOutcome {
        try store.write { transaction in
            try OrderHistoryService.handlers.handle(
                eventMessage(event, about: id, id: "order:1"), in: transaction)
        }
    }

    private var created: OrderCreated { OrderCreated(orderDetails: details, saga: .choreography) }
    private var approved: OrderApproved { OrderApproved(orderDetails: details) }
    private var cancelled: OrderCancelled { OrderCancelled(orderDetails: details) }
    private var rejected: OrderRejected {
        OrderRejected(orderDetails: details, rejectionReason: .insufficientCredit)
    }

    private func state(_ order: Int = 1) throws -> OrderState? {
        try service.history(of: 1)?.orders.first { $0.id == order }?.state
    }

    @Test func `a customer's document gathers the customer and the orders`() throws {
        try handle(CustomerCreated(name: "Jane Doe", creditLimit: Money(cents: 500)))
        try handle(created)
        try handle(approved)
        try handle(created, about: 2)
        let history = try #require(try service.history(of: 1))
        #expect(history.customer == KnownCustomer(name: "Jane Doe", creditLimit: Money(cents: 500)))
        #expect(history.orders.map(\.state) == [.approved, .pending])
        #expect(try service.history(of: 2) == nil)
    }

    @Test func `an order may come before its customer`() throws {
        try handle(created)
        #expect(try service.history(of: 1)?.customer == nil)
        try handle(approved)
        try handle(CustomerCreated(name: "Jane Doe", creditLimit: Money(cents: 500)))
        let history = try #require(try service.history(of: 1))
        #expect(history.customer?.name == "Jane Doe")
        #expect(history.orders.map(\.state) == [.approved])
    }

    @Test func `a late OrderCreated does not take the view back`() throws {
        try handle(approved)
        #expect(try state() == .approved)
        #expect(
            try handle(created) == .ignored("the view already shows order 1 APPROVED"))
        #expect(try state() == .approved)
    }

    @Test func `whatever the order of events, the view never goes back`() throws {
        func permutations(_ events: [any OrderEvent]) -> [[any OrderEvent]] {
            events.isEmpty
                ? [[]]
                : events.indices.flatMap { index in
                    var rest = events
                    let first = rest.remove(at: index)
                    return permutations(rest).map { [first] + $0 }
                }
        }
        var order = 0
        for events in permutations([created, approved, cancelled]) {
            order += 1
            var states: [OrderState] = []
            for event in events {
                try handle(event, about: order)
                states.append(try #require(try state(order)))
            }
            #expect(states.last == .cancelled)
            for (before, after) in zip(states, states.dropFirst()) {
                #expect(before.leads(to: after), "\(states)")
            }
        }
        for events in permutations([created, rejected]) {
            order += 1
            for event in events { try handle(event, about: order) }
            #expect(try state(order) == .rejected)
        }
    }

    @Test func `an end state is final`() throws {
        try handle(rejected)
        for event in [approved, cancelled, created] as [any OrderEvent] {
            try handle(event)
            #expect(try state() == .rejected)
        }
    }
}

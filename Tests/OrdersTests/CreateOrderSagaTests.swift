import Contracts
import Testing
import Tram
import TramTesting

@testable import Orders

/// The original's tests of this saga, under its names.
@Suite struct CreateOrderSagaTests {
    private func start() throws -> SagaTest<CreateOrderSaga> {
        let details = OrderDetails(customerId: 7, orderTotal: Money(cents: 1234))
        return try SagaTest(
            CreateOrderSaga(), CreateOrderSaga.Data(orderDetails: details),
            tables: OrderTables.create)
    }

    private let request = ReserveCredit(
        customerId: 7, orderId: 1, orderTotal: Money(cents: 1234))

    private func order(_ test: SagaTest<CreateOrderSaga>) throws -> Order? {
        try test.read { try OrderRepository($0).find(1) }
    }

    @Test func shouldCreateOrder() throws {
        let saga = try start().expect(request, to: .customerService)
        #expect(try order(saga)?.state == .pending)
        try saga.reply(CustomerCreditReserved(customerId: 7, orderId: 1)).expectCompleted()
        #expect(try order(saga)?.state == .approved)
    }

    @Test(arguments: [
        Mishap.deliveredTwice, .diedBeforeCommit, .diedBeforeMark, .failed(times: 3),
    ])
    func `whatever goes wrong with the reply, the order is approved once`(mishap: Mishap) throws {
        let saga = try start().expect(request, to: .customerService)
            .reply(CustomerCreditReserved(customerId: 7, orderId: 1), despite: mishap)
            .expectCompleted()
        let events = try saga.read { try Outbox($0).headings(after: 0).map(\.type) }
        #expect(events == ["OrderCreated", "ReserveCredit", "OrderApproved"])
    }

    @Test func shouldRejectCreateOrder() throws {
        let saga = try start().expect(request, to: .customerService)
            .reply(CustomerCreditLimitExceeded(customerId: 7, orderId: 1))
            .expectRolledBack { #expect($0.rejectionReason == .insufficientCredit) }
        #expect(try order(saga)?.rejectionReason == .insufficientCredit)
    }

    @Test func shouldRejectBecauseOfNonExistingUser() throws {
        let saga = try start().expect(request, to: .customerService)
            .reply(CustomerNotFound(customerId: 7, orderId: 1))
            .expectRolledBack { #expect($0.rejectionReason == .unknownCustomer) }
        #expect(try order(saga)?.rejectionReason == .unknownCustomer)
    }
}

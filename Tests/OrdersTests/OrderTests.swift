import Contracts
import Testing

@testable import Orders

@Suite struct OrderTests {
    private func order(_ state: OrderState) -> Order {
        Order(
            id: 1, customerID: 1, total: Money(cents: 1), saga: .choreography, state: state,
            rejectionReason: state == .rejected ? .unknownCustomer : nil)
    }

    @Test(arguments: OrderState.allCases)
    func `only a pending order is approved or rejected`(state: OrderState) {
        var approved = order(state)
        let isApproved = approved.approve()
        #expect(isApproved == (state == .pending))
        #expect(approved.state == (state == .pending ? .approved : state))

        var rejected = order(state)
        let isRejected = rejected.reject(.insufficientCredit)
        #expect(isRejected == (state == .pending))
        #expect(rejected.state == (state == .pending ? .rejected : state))
        if state == .rejected { #expect(rejected.rejectionReason == .unknownCustomer) }
    }

    @Test(arguments: OrderState.allCases)
    func `only an approved order is cancelled`(state: OrderState) {
        var cancelled = order(state)
        let isCancelled = cancelled.cancel()
        #expect(isCancelled == (state == .approved))
        #expect(cancelled.state == (state == .approved ? .cancelled : state))
    }
}

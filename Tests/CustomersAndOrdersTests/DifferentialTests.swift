import Contracts
import Customers
import CustomersAndOrders
import OrderHistory
import Orders
import TestSupport
import Testing
import Tram

/// Both sagas come to the same end.
@Suite struct DifferentialTests {
    /// What a user may do.
    private enum Action {
        case customer(limit: Int)
        case order(customer: Int, total: Int)
        case cancel(order: Int)
        case relay
    }

    /// The rows that both sagas must agree about, in all three stores.
    private struct Outcome: Equatable {
        let customers: [Customer]
        let orders: [String]
        let histories: [CustomerHistory]
    }

    private func outcome(of actions: [Action], _ saga: SagaKind) throws -> Outcome {
        let system = try CustomersAndOrders.inMemory()
        for action in actions {
            switch action {
            case .customer(let limit): try system.addCustomer(limit: limit)
            case .order(let customer, let total):
                try system.addOrder(customer: customer, total: total, saga)
            case .cancel(let order):
                // Refused in most states, and just as often for either saga.
                _ = try? system.orders.cancelOrder(order)
            case .relay: try system.relayUntilIdle()
            }
        }
        try system.relayUntilIdle()
        #expect(try system.violations() == [])
        return Outcome(
            customers: try system.customers.customers(after: 0, limit: 1000),
            orders: try system.orders.orders(after: 0, limit: 1000).map {
                "\($0.id) \($0.customerID) \($0.total) \($0.state) \($0.rejectionReason?.rawValue ?? "")"
            },
            histories: try system.history.histories(after: 0, limit: 1000))
    }

    @Test(arguments: 1...20)
    func `random commands leave the same rows behind`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let actions: [Action] = (1...40).map { _ in
            switch Int.random(in: 0..<10, using: &random) {
            case 0: .customer(limit: Int.random(in: 0...2000, using: &random))
            case 1...5:
                .order(
                    customer: Int.random(in: 1...5, using: &random),
                    total: Int.random(in: 1...800, using: &random))
            case 6, 7: .cancel(order: Int.random(in: 1...15, using: &random))
            default: .relay
            }
        }
        #expect(try outcome(of: actions, .choreography) == outcome(of: actions, .orchestration))
    }
}

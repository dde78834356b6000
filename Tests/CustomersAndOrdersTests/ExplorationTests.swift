import Contracts
import CustomersAndOrders
import Orders
import Testing
import Tram

/// Every order of deliveries keeps every rule.
@Suite struct ExplorationTests {
    /// Both choreographed, both orchestrated, and one of each.
    static let pairs: [(SagaKind, SagaKind)] = [
        (.choreography, .choreography), (.orchestration, .orchestration),
        (.orchestration, .choreography),
    ]

    @Test(arguments: pairs)
    func `two orders racing for one limit`(first: SagaKind, second: SagaKind) throws {
        let system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1000)
        try system.addOrder(total: 600, first)
        try system.addOrder(total: 500, second)
        let explorer = Explorer(system)
        let schedules = try explorer.explore()
        report("two orders, one limit, \(first) and \(second)", explorer, schedules)
        #expect(explorer.endStates >= 2, "either order may win")
        #expect(explorer.crashes == explorer.deliveries)
        #expect(explorer.redeliveries > explorer.states)
    }

    @Test(arguments: SagaKind.allCases)
    func `a cancelled order leaves its credit to another`(saga: SagaKind) throws {
        let system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1000)
        try system.addOrder(total: 600, saga)
        try system.addOrder(total: 500, saga)
        // The first order may be cancelled as soon as it is approved, or never.
        let explorer = Explorer(
            system,
            commands: [
                { system in
                    if try system.orders.order(1).state == .approved {
                        _ = try system.orders.cancelOrder(1)
                    }
                }
            ])
        let schedules = try explorer.explore()
        report("and a cancellation, \(saga)", explorer, schedules)
        #expect(explorer.endStates >= 3)
    }

    private func report(_ name: String, _ explorer: Explorer, _ schedules: Double) {
        print(
            "explored: \(name): \(explorer.states) states, \(Int(schedules)) schedules,",
            "\(explorer.deliveries) deliveries, \(explorer.redeliveries) redeliveries")
    }
}

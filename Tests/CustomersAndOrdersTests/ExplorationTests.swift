import Contracts
import CustomersAndOrders
import Orders
import Testing
import Tram

/// Every order of deliveries keeps every rule.
@Suite struct ExplorationTests {
    @Test func `two orders racing for one limit`() throws {
        let system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1000)
        try system.addOrder(total: 600)
        try system.addOrder(total: 500)
        let explorer = Explorer(system)
        let schedules = try explorer.explore()
        report("two orders, one limit", explorer, schedules)
        #expect(explorer.endStates == 2, "one of the two orders wins")
        #expect(explorer.redeliveries > explorer.states)
    }

    @Test func `a cancelled order leaves its credit to another`() throws {
        let system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 1000)
        try system.addOrder(total: 600)
        try system.addOrder(total: 500)
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
        report("and a cancellation", explorer, schedules)
        #expect(explorer.endStates >= 3)
    }

    private func report(_ name: String, _ explorer: Explorer, _ schedules: Double) {
        print(
            "explored: \(name): \(explorer.states) states, \(Int(schedules)) schedules,",
            "\(explorer.deliveries) deliveries, \(explorer.redeliveries) redeliveries")
    }
}

import Contracts
import Customers
import CustomersAndOrders
import Orders
import TestSupport
import Testing
import Tram
import TramWorkbench

extension CustomersAndOrders {
    /// A system in memory whose time does not pass.
    static func inMemory() throws -> CustomersAndOrders {
        try CustomersAndOrders(inMemoryWithClock: fixedClock)
    }

    @discardableResult
    func addCustomer(limit: Int, name: String = "Jane Doe") throws -> Int {
        let name = try #require(CustomerName(name))
        return try customers.createCustomer(name: name, creditLimit: Money(cents: limit))
            .customer.id
    }

    @discardableResult
    func addOrder(
        customer: Int = 1, total: Int, _ saga: SagaKind = .choreography
    ) throws -> Int {
        try orders.createOrder(customerID: customer, total: Money(cents: total), saga: saga).order
            .id
    }

    /// Decides about the saga of an order, as it is now.
    func decide(_ decision: SagaDecision, ofOrder id: Int, because reason: String) throws {
        let saga = try workbench.saga(.number(id))
        let outlook = try workbench.outlook(of: saga, for: decision)
        _ = try workbench.decide(decision, saga, outlook, because: reason)
    }

    /// The name of the step that an order's orchestrator has under way.
    func sagaStep(ofOrder id: Int) throws -> String? {
        try workbench.step(of: workbench.saga(.number(id)).reference)
    }

    /// Makes passes until nothing moves any more.
    ///
    /// - Returns: how many passes had something to do.
    @discardableResult
    func relayUntilIdle() throws -> Int {
        let run = relay.run()
        var passes = 0
        while try !run.pass().isIdle { passes += 1 }
        return passes
    }

    func check() throws -> SystemCheck { try workbench.check() }

    /// Every rule that is broken now.
    func violations() throws -> [String] {
        try check().results.flatMap(\.violations)
    }
}

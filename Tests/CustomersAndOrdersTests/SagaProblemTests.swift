import Contracts
import Customers
import CustomersAndOrders
import Orders
import TestSupport
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// The words for what cannot be decided about a saga.
@Suite struct SagaProblemTests {
    @Test(arguments: SagaDecision.allCases)
    func `who decides after another operator is told that the saga has moved on`(
        decision: SagaDecision
    ) throws {
        let system = try CustomersAndOrders(inMemoryWithClock: fixedClock)
        let name = try #require(CustomerName("Jane"))
        _ = try system.customers.createCustomer(name: name, creditLimit: Money(cents: 500))
        _ = try system.orders.createOrder(
            customerID: 1, total: Money(cents: 400), saga: .orchestration)
        try system.orderStore.write { _ = try $0.execute("DELETE FROM message WHERE id = 2") }
        let workbench = system.workbench
        let saga = try workbench.saga(.number(1))
        let outlook = try workbench.outlook(of: saga, for: decision)
        _ = try workbench.decide(.resend, saga, outlook, because: "by another")
        let error = #expect(throws: SagaDecisionError.self) {
            try workbench.decide(decision, saga, outlook, because: "")
        }
        let problem = try #require(error).problem
        #expect(problem.code == .notStuck)
        #expect(problem.message.hasSuffix(": it has moved on in the meantime"))
        #expect(problem.reason == "Nothing was changed.")
    }
}

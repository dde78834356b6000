import Contracts
import CustomersAndOrders
import Testing
import Tram
import TramSQLite

/// A store that is put back while an operator thinks.
@Suite struct StorePutBackTests {
    @Test(arguments: SagaDecision.allCases, [false, true])
    func `a decision compares the stores once more inside its transaction`(
        decision: SagaDecision, isDryRun: Bool
    ) throws {
        let system = try CustomersAndOrders.inMemory()
        try system.addCustomer(limit: 500)
        try system.addOrder(total: 400, .orchestration)
        try system.relayUntilIdle()
        try system.addOrder(total: 100, .orchestration)
        try system.requireFittingStores()
        let outlook = try system.outlook(ofOrder: 2, for: decision)
        try system.orderStore.write { try $0.setCounter(of: "message", to: 1) }
        let error = #expect(throws: StoreError.self) {
            try system.decide(decision, ofOrder: 2, outlook, because: "", isDryRun: isDryRun)
        }
        guard case .rolledBack(service: "order", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

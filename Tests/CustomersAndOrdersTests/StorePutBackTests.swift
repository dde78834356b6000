import Contracts
import CustomersAndOrders
import Testing
import Tram
import TramSQLite
import TramWorkbench

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
        try system.workbench.requireFittingStores()
        let saga = try system.workbench.saga(.number(2))
        let outlook = try system.workbench.outlook(of: saga, for: decision)
        try system.orderStore.write { try $0.setCounter(of: "message", to: 1) }
        let error = #expect(throws: StoreError.self) {
            try system.workbench.decide(
                decision, saga, outlook, because: "", isDryRun: isDryRun)
        }
        guard case .rolledBack(service: "order", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

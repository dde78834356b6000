import Contracts
import CustomersAndOrders
import Orders
import TestSupport
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// The same system for a workbench that knows nothing of orders: it finds sagas by their instances, and
/// chains by correlation.
private final class OrdersByCorrelation: Application {
    static let name = CustomersAndOrders.name
    static let version = CustomersAndOrders.version
    static let firstCommand = CustomersAndOrders.firstCommand
    static let definitions = CustomersAndOrders.definitions

    let inner: CustomersAndOrders
    var stores: Stores { inner.stores }
    var relay: Relay { inner.relay }
    var chains: [Chain] { inner.chains }

    init(_ stores: Stores) throws {
        inner = try CustomersAndOrders(stores)
    }
}

@Suite struct SagaCatalogueTests {
    private let system: CustomersAndOrders
    private let plain: OrdersByCorrelation

    init() throws {
        plain = try OrdersByCorrelation(inMemoryWithClock: fixedClock)
        system = plain.inner
        try system.addCustomer(limit: 500)
    }

    /// What is to be the same, whoever finds it. The messages as a set: the order of services differs.
    private struct Facts: Hashable {
        let name: String
        let state: String
        let step: String?
        let deliveries: Set<OutstandingDelivery>
        let isStuck: Bool
        let messages: Set<MessageHeading>

        init(_ saga: SagaStatus) {
            name = saga.reference.name
            state = saga.state
            step = saga.step
            deliveries = Set(saga.wait.deliveries)
            isStuck = saga.wait.isStuck
            messages = Set(saga.messages)
        }
    }

    private func expectTheSame(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let byOrder = try system.workbench.sagas()
        let byCorrelation = try plain.workbench.sagas()
        #expect(
            Set(byOrder.map(Facts.init)) == Set(byCorrelation.map(Facts.init)),
            sourceLocation: sourceLocation)
        for saga in byOrder {
            let entry = try #require(try plain.sagas.saga(saga.reference))
            #expect(
                try Facts(plain.workbench.sagaStatus(of: entry)) == Facts(saga),
                sourceLocation: sourceLocation)
        }
        #expect(
            try Set(system.workbench.helplessSagas().map(\.name.reference))
                == Set(plain.workbench.helplessSagas().map(\.name.reference)),
            sourceLocation: sourceLocation)
    }

    @Test func `orders are found by correlation as by their numbers, at every step`() throws {
        for total in [200, 200, 200, 900] {
            try system.addOrder(total: total)
            try system.addOrder(total: total, .orchestration)
        }
        try system.addOrder(customer: 99, total: 100)
        let run = system.relay.run()
        repeat {
            try expectTheSame()
        } while try !run.step(RelayRun.Bounds()) { _ in }.isIdle
        #expect(try system.workbench.sagas().map(\.state).contains("running") == false)
    }

    @Test(arguments: [SagaKind.choreography, .orchestration])
    func `also when a message was lost`(saga: SagaKind) throws {
        try system.addOrder(total: 100, saga)
        try system.relay.run().pass()
        _ = try system.customerStore.write { try $0.execute("UPDATE message SET published = 1") }
        try expectTheSame()
        #expect(try system.workbench.helplessSagas().map(\.need) == [.stuck])
    }

    @Test func `an order's number and its saga's name are the same saga`() throws {
        try system.addOrder(total: 100)
        try system.addOrder(total: 100, .orchestration)
        for (number, name) in [(1, "Order:1"), (2, "CreateOrderSaga:1")] {
            let byNumber = try system.workbench.saga(.number(number))
            #expect(byNumber.reference.name == name)
            let reference = try #require(SagaReference(name: name))
            #expect(try system.workbench.saga(.reference(reference)) == byNumber)
        }
        // An orchestrated order has no chain of its own.
        for name in ["Order:2", "Order:01", "Order:9", "CreateOrderSaga:2", "Other:1"] {
            let reference = try #require(SagaReference(name: name))
            let problem = #expect(throws: Problem.self) {
                try system.workbench.saga(.reference(reference))
            }
            #expect(problem?.code == .sagaNotFound, "\(name)")
        }
    }
}

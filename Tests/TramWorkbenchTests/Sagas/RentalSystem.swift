import Rental
import TestSupport
import Tram
import TramSQLite
import TramWorkbench

extension Rental {
    /// One in memory, whose time does not pass.
    static func inMemory() throws -> Rental { try Rental(inMemoryWithClock: fixedClock) }

    func pass(times: Int = 1) throws {
        let run = relay.run()
        for _ in 0..<times { try run.pass() }
    }

    func relayUntilIdle() throws {
        let run = relay.run()
        while try !run.pass().isIdle {}
    }

    /// Loses the messages of a type for good, as no program does.
    func lose(_ type: String, from store: SQLiteStore) throws {
        _ = try store.write { try $0.execute("DELETE FROM message WHERE type = \(type)") }
    }

    func status(_ name: String) throws -> SagaStatus {
        try workbench.sagaStatus(of: entry(name))
    }

    func entry(_ name: String) throws -> SagaEntry {
        try workbench.saga(Input.saga(name, of: Self.sagaWords))
    }

    func decide(
        _ decision: SagaDecision, _ name: String, isDryRun: Bool = false
    ) throws -> DecidedSaga {
        let saga = try entry(name)
        let outlook = try workbench.outlook(of: saga, for: decision)
        return try workbench.decide(
            decision, saga, outlook, because: "a test", isDryRun: isDryRun)
    }

    /// The states of all sagas, as a list tells them.
    func states() throws -> [String] {
        try workbench.sagas().map { "\($0.name.argument) \($0.state)" }
    }

    /// What each saga waits for, looked at alone.
    func waits() throws -> [String] {
        try workbench.sagas().map { try waiting(status($0.name.argument)) }
    }

    func waiting(_ saga: SagaStatus) -> String {
        let deliveries = saga.wait.deliveries.map {
            "\($0.subscriber) \($0.message.type) \($0.state)"
        }
        return ([saga.name.argument] + deliveries + (saga.wait.isStuck ? ["stuck"] : []))
            .joined(separator: ", ")
    }
}

/// The same without inspections: it has one type of saga only.
final class OnlyRentals: Application {
    static let name = Rental.name
    static let version = Rental.version
    static let firstCommand = Rental.firstCommand
    static let definitions = Rental.definitions

    let inner: Rental
    var stores: Stores { inner.stores }
    var relay: Relay { inner.relay }

    init(_ stores: Stores) throws {
        inner = try Rental(stores)
    }
}

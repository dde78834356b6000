import TestSupport
import Testing
import Tram
import TramSQLite

/// Whether stores fit one another can be asked without a relay's run.
@Suite struct FittingStoresTests {
    @Test func `stores that have met fit, also while one of them is held`() throws {
        let village = try Village()
        let relay = try village.relay([village.listener("new")])
        try relay.requireFittingStores()
        try village.publish([1, 2, 3])
        try village.run(relay)
        try village.publish([4])
        try relay.requireFittingStores()
        try village.sender.write { try relay.requireFittingStores(beside: $0) }
        try village.receiver.write { try relay.requireFittingStores(beside: $0) }
    }

    @Test func `an older copy is found from both sides`() throws {
        let village = try Village()
        let relay = try village.relay([village.listener("new")])
        try village.publish([1, 2, 3])
        try village.run(relay)
        try village.sender.write { transaction in
            try transaction.execute("DELETE FROM message WHERE id > 1")
            try transaction.setCounter(of: "message", to: 1)
        }
        func expectRolledBack(_ body: () throws -> Void) {
            let error = #expect(throws: StoreError.self) { try body() }
            guard case .rolledBack(service: "sender", _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        expectRolledBack { try relay.requireFittingStores() }
        expectRolledBack {
            try village.sender.write { try relay.requireFittingStores(beside: $0) }
        }
        expectRolledBack {
            try village.receiver.write { try relay.requireFittingStores(beside: $0) }
        }
    }
}

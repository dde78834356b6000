import CustomersAndOrders
import Platform
import Synchronization
import TestSupport
import Testing
import Tram
import TramWorkbench

@testable import TramHTTP

@Suite struct RelayLoopTests {
    @Test func `stores that are busy at the start are opened again`() throws {
        let workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        let path = workbench.data
        let tries = Mutex(0)
        let loop = RelayLoop(
            of: CustomersAndOrders.self, parking: ServedParking(), metrics: Metrics()
        ) { _ in }
        try loop.start {
            let number = tries.withLock { tries in
                tries += 1
                return tries
            }
            if number == 1 { throw StoreError.busy(path: path, waited: .milliseconds(200)) }
            return try CustomersAndOrders(in: DataDirectory(path: path, lockTimeout: 5000))
        }
        let deadline = MonotonicTime.now() + 20_000
        var pending = 1
        while pending > 0, MonotonicTime.now() < deadline {
            let status = try workbench.run("relay", "status", "--exit-code").status
            pending = status == 2 ? 1 : 0
            MonotonicTime.sleep(milliseconds: 10)
        }
        loop.stop()
        #expect(pending == 0)
        #expect(tries.withLock { $0 } == 2)
        #expect(loop.problem == nil)
    }
}

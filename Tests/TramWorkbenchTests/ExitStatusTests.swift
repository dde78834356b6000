import Testing
import Tram
import TramWorkbench

/// Scripts depend on what an error exits with.
@Suite struct ExitStatusTests {
    @Test(arguments: [
        (StoreError.full(path: "x"), "disk-full", 73),
        (.notWritable(path: "x", detail: "y"), "store-readonly", 73),
        (.inputOutput(path: "x", detail: "y", atCommit: false), "io-error", 74),
        (.busy(path: "x", waited: .milliseconds(1)), "store-busy", 75),
        (.inUse(path: "x", waited: .milliseconds(1)), "store-busy", 75),
        (.missing(path: "x"), "store-damaged", 65),
        (.damaged(path: "x", detail: "y"), "store-damaged", 65),
        (.foreign(path: "x", applicationID: 7), "store-foreign", 65),
        (.ofOtherSystem(service: "order", detail: "y"), "store-foreign", 65),
        (.rolledBack(service: "order", detail: "y"), "store-rolled-back", 65),
        (.unexpectedRow("x"), "store-damaged", 65),
        (.tooNew(path: "x", version: 2, supported: 1), "store-too-new", 78),
        (.failed(sql: "x", code: 1, detail: "y"), "internal-error", 70),
    ])
    func `each error of a store has its code and its exit status`(
        error: StoreError, code: String, status: Int32
    ) {
        let problem = Problem(error, of: Shop.self)
        #expect(problem.code.rawValue == code)
        #expect(problem.code.exitStatus.rawValue == status)
    }
}

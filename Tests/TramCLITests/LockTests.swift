import Foundation
import Platform
import TestSupport
import Testing

/// Locks of the stores' directory, and the rights of its files.
@Suite struct LockTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
    }

    /// A directory whose stores are links to the workbench's, but for those that are its own.
    private func linked(own: [String]) throws -> Workshop {
        let other = try Workshop()
        try other.succeed("customer", "create", "--name", "y", "--credit-limit", "5")
        for name in ["customer", "order", "history"] where !own.contains(name) {
            let path = other.data + "/\(name).db"
            for suffix in ["", "-wal", "-shm", "-lock"] {
                try? FileManager.default.removeItem(atPath: path + suffix)
            }
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: workbench.data + "/\(name).db")
        }
        return other
    }

    private func hold(_ path: String) throws -> FileLock {
        let lock = try FileLock(path: path)
        try #require(try lock.acquire(waitingAtMost: 0))
        return lock
    }

    private func expectBusy(
        _ code: String, _ workbench: Workshop, _ arguments: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try workbench.run(arguments + ["--lock-timeout", "50ms"])
        #expect(result.status == 75, sourceLocation: sourceLocation)
        #expect(
            result.errors.hasPrefix("error[\(code)]: "), "\(result.errors)",
            sourceLocation: sourceLocation)
    }

    @Test func `links lead to the locks of the files themselves`() throws {
        let other = try linked(own: [])
        let relay = try hold(workbench.data + "/relay-lock")
        try expectBusy("relay-busy", other, "relay", "run")
        relay.release()
        let writer = try hold(workbench.data + "/customer.db-lock")
        try expectBusy(
            "store-busy", other, "customer", "create", "--name", "z", "--credit-limit", "1")
        writer.release()
        try other.succeed("relay", "run")
        #expect(!FileManager.default.fileExists(atPath: other.data + "/customer.db-lock"))
        #expect(!FileManager.default.fileExists(atPath: other.data + "/relay-lock"))
    }

    @Test func `a relay on stores of two directories excludes those of both`() throws {
        let other = try linked(own: ["history"])
        for directory in [workbench.data, other.data] {
            let relay = try hold(directory + "/relay-lock")
            try expectBusy("relay-busy", other, "relay", "run")
            relay.release()
        }
        // A missing file would lie in the directory itself.
        for suffix in ["", "-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: other.data + "/history.db" + suffix)
        }
        let relay = try hold(other.data + "/relay-lock")
        try expectBusy("relay-busy", other, "relay", "run")
        relay.release()
    }

    @Test(.enabled(if: LockQueue.isVisible)) func `a signal ends a relay that waits for a store`()
        throws
    {
        let writer = try hold(workbench.data + "/history.db-lock")
        let relay = try workbench.start("relay", "run", "--lock-timeout", "600s")
        try LockQueue.waitUntil(1, waitFor: workbench.data + "/history.db-lock")
        relay.send(SIGTERM)
        #expect(try relay.wait().status == 143)
        writer.release()
    }

    @Test func `what is made is its owner's alone, whatever the umask`() throws {
        let empty = try Workshop()
        let made = try shell(
            """
            umask 0
            '\(TramProcess.program)' order create --customer-id 1 --order-total 4 \
                --data-dir '\(empty.data)/below' &&
            '\(TramProcess.program)' relay run --data-dir '\(empty.data)/below' &&
            find '\(empty.data)' -type f ! -perm 600 -o -type d ! -perm 700
            """)
        #expect(made.status == 0)
        #expect(made.lines.filter { $0.hasPrefix("/") } == [])
    }

    @Test func `a relay lock that cannot be made is told with the first reason`() throws {
        // Root may write anywhere.
        guard getuid() != 0 else {
            let fault = Fault("open", "relay-lock", EACCES, number: 1)
            if !FaultLibrary.isAvailable { return }
            let result = try workbench.run(["relay", "run"], with: fault)
            #expect(result.status == 73)
            #expect(result.errors.contains("Permission denied"), "\(result.errors)")
            return
        }
        chmod(workbench.data, 0o500)
        defer { chmod(workbench.data, 0o700) }
        let result = try workbench.run("relay", "run")
        #expect(result.status == 73)
        #expect(result.errors.contains("Permission denied"), "\(result.errors)")
    }
}

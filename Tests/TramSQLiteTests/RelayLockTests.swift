import Foundation
import Platform
import TestSupport
import Testing
import Tram
import TramSQLite

/// Two relays over the same stores exclude one another.
@Suite struct RelayLockTests {
    private struct Files {
        let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            for name in ["a", "b"] {
                try FileManager.default.createDirectory(
                    atPath: directory.file(name), withIntermediateDirectories: false)
            }
        }

        func store(_ path: String) throws -> SQLiteStore {
            let store = SQLiteStore(
                name: "test", path: directory.file(path), schema: TestStore.schema)
            try store.create()
            return store
        }
    }

    private func isFree(_ lock: RelayLock) throws -> Bool {
        do {
            try lock.withRelayLock(waitingAtMost: .zero) {}
            return true
        } catch is RelayIsBusy {
            return false
        }
    }

    @Test func `a lock is held by one at a time, and free afterwards`() throws {
        let files = try Files()
        let stores = [try files.store("a/one.db"), try files.store("b/two.db")]
        let lock = RelayLock(beside: stores)
        let other = RelayLock(beside: [stores[1]])
        try lock.withRelayLock { () throws in
            #expect(try !isFree(other))
            #expect(try !isFree(lock), "also for whoever holds it")
        }
        #expect(try isFree(other))
        #expect(throws: CancellationError.self) {
            try lock.withRelayLock { throw CancellationError() }
        }
        #expect(try isFree(lock))
    }

    @Test func `who waits in vain is told for how long, and keeps nothing`() throws {
        let files = try Files()
        let stores = [try files.store("a/one.db"), try files.store("b/two.db")]
        try RelayLock(beside: [stores[1]]).withRelayLock {
            let path = try #require(try Platform.Files.resolve(files.directory.file("b")))
            #expect(throws: RelayIsBusy(path: path + "/relay-lock", waited: .milliseconds(20))) {
                try RelayLock(beside: stores).withRelayLock(waitingAtMost: .milliseconds(20)) {}
            }
            #expect(try isFree(RelayLock(beside: [stores[0]])))
        }
    }

    @Test func `links and spellings lead to the same lock`() throws {
        let files = try Files()
        let store = try files.store("a/one.db")
        try FileManager.default.createSymbolicLink(
            atPath: files.directory.file("link.db"),
            withDestinationPath: files.directory.file("a/one.db"))
        try FileManager.default.createSymbolicLink(
            atPath: files.directory.file("c"), withDestinationPath: files.directory.file("a"))
        try RelayLock(beside: [store]).withRelayLock { () throws in
            for path in ["link.db", "c/one.db", "b/../a/./one.db", "a//one.db"] {
                #expect(try !isFree(RelayLock(beside: [try files.store(path)])), "\(path)")
            }
            #expect(try isFree(RelayLock(beside: [try files.store("b/one.db")])))
        }
    }

    @Test func `a lock keeps another process out`() throws {
        let files = try Files()
        let store = try files.store("a/one.db")
        let holder = try ChildProcess(
            "flock", ["-F", files.directory.file("a/relay-lock"), "sleep", "60"])
        let deadline = MonotonicTime.now() + 20_000
        while try isFree(RelayLock(beside: [store])), MonotonicTime.now() < deadline {
            MonotonicTime.sleep(milliseconds: 5)
        }
        #expect(try !isFree(RelayLock(beside: [store])))
        holder.send(SIGKILL)
        _ = try holder.wait()
        #expect(try isFree(RelayLock(beside: [store])))
    }

    @Test func `stores in memory need no lock`() throws {
        let store = try TestStore(.memory).store
        let lock = RelayLock(beside: [store])
        #expect(try lock.withRelayLock { try isFree(lock) })
    }

    @Test func `where no lock can be made, that is told`() throws {
        let files = try Files()
        let store = try files.store("a/one.db")
        try FileManager.default.createDirectory(
            atPath: files.directory.file("a/relay-lock"), withIntermediateDirectories: false)
        #expect {
            try RelayLock(beside: [store]).withRelayLock {}
        } throws: { error in
            if case .notWritable = error as? StoreError { true } else { false }
        }
    }

    @Test func `a directory that is missing keeps nobody from relaying to the others`() throws {
        let files = try Files()
        let present = try files.store("a/one.db")
        let missing = SQLiteStore(
            name: "missing", path: files.directory.file("missing/two.db"),
            schema: TestStore.schema)
        let relay = try Relay(wholeSystem: [
            Service(store: present, subscribers: []), Service(store: missing, subscribers: []),
        ])
        let pass = try RelayLock(of: relay).withRelayLock { () throws in
            #expect(try !isFree(RelayLock(beside: [present])))
            return try relay.run().pass()
        }
        #expect(pass.unavailable == ["missing"])
    }
}

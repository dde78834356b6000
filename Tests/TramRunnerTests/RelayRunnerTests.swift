import Foundation
import Platform
import Synchronization
import TestSupport
import Testing
import Tram
import TramRunner
import TramSQLite

/// A relay on a thread of its own.
@Suite struct RelayRunnerTests {
    struct Noted: DomainEvent {
        static let eventType = "Noted"
        static let channel: EventChannel = "Note"
        let number: Int
    }

    struct Refused: Error {}

    /// Two services in files, as any thread opens them for itself.
    private struct System: Sendable {
        let directory: TemporaryDirectory

        init() throws {
            directory = try TemporaryDirectory()
            for store in stores { try store.create() }
        }

        var stores: [SQLiteStore] { [store("sender"), store("receiver")] }

        func store(_ name: String) -> SQLiteStore {
            SQLiteStore(
                name: name, path: directory.file(name + ".db"),
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: [["CREATE TABLE heard (number INTEGER) STRICT"]]))
        }

        /// Numbers below 0 are refused.
        func relay() throws -> Relay {
            let listener = DomainEventHandlers(
                "listener",
                [
                    .on(Noted.self) { event, transaction in
                        if event.number < 0 { throw Refused() }
                        try transaction.execute("INSERT INTO heard VALUES (\(event.number))")
                        return .handled("\(event.number)")
                    }
                ])
            let stores = stores
            return try Relay(wholeSystem: [
                Service(store: stores[0], subscribers: []),
                Service(store: stores[1], subscribers: [listener]),
            ])
        }

        func publish(_ numbers: Int...) throws {
            try store("sender").write { transaction in
                for number in numbers {
                    try transaction.publish(Noted(number: number), about: number)
                }
            }
        }

        func heard() throws -> [Int] {
            try store("receiver").read {
                try $0.rows("SELECT number FROM heard ORDER BY rowid").map {
                    let number: Int = try $0.values()
                    return number
                }
            }
        }

        func runner() -> RelayRunner {
            RelayRunner { [self] in
                let relay = try relay()
                return RelayRunner.Session(
                    relay.run(parking: .never), lock: RelayLock(of: relay))
            }
        }
    }

    /// A runner at work on a thread.
    private final class Thread: Sendable {
        let runner: RelayRunner
        private let ended = DispatchSemaphore(value: 0)
        private let error = Mutex<(any Error)?>(nil)

        init(_ runner: RelayRunner) throws {
            self.runner = runner
            try Threads.start { [self] in
                defer { ended.signal() }
                do { try runner.run() } catch { self.error.withLock { $0 = error } }
            }
        }

        /// Stops it, and gives the error that had ended it before.
        func stop() -> (any Error)? {
            runner.stop()
            ended.wait()
            return error.withLock { $0 }
        }
    }

    private func wait(until condition: () throws -> Bool) throws {
        let deadline = MonotonicTime.now() + 20_000
        while try !condition(), MonotonicTime.now() < deadline {
            MonotonicTime.sleep(milliseconds: 5)
        }
        #expect(try condition())
    }

    @Test func `what anybody commits is delivered, until it is stopped`() throws {
        let system = try System()
        try system.publish(1)
        let thread = try Thread(system.runner())
        try wait { try system.heard() == [1] }
        try system.publish(2, 3)
        try wait { try system.heard() == [1, 2, 3] }
        #expect(thread.stop() == nil)
        try system.publish(4)
        #expect(try system.heard() == [1, 2, 3])
    }

    @Test func `a message that is refused again and again does not make it spin`() throws {
        let system = try System()
        try system.publish(-1, 1)
        let thread = try Thread(system.runner())
        try wait { try system.heard() == [1] }
        MonotonicTime.sleep(milliseconds: 300)
        #expect(thread.stop() == nil)
        let failures = try system.store("sender").read {
            try Outbox($0).failures(of: MessageID(service: "sender", number: 1))
        }
        #expect(try #require(failures["listener"]).attempts <= 2)
    }

    @Test func `while another relay runs, it waits for its turn`() throws {
        let system = try System()
        let lock = RelayLock(beside: system.stores)
        var thread: Thread?
        try lock.withRelayLock {
            try system.publish(1)
            thread = try Thread(system.runner())
            MonotonicTime.sleep(milliseconds: 100)
            #expect(try system.heard() == [])
        }
        try wait { try system.heard() == [1] }
        // And it lets go of the lock.
        try lock.withRelayLock {}
        #expect(thread?.stop() == nil)
    }

    @Test func `what stops a relay ends it with an error, and it may run again`() throws {
        let system = try System()
        let opened = Mutex(0)
        let runner = RelayRunner {
            let count = opened.withLock { count in
                count += 1
                return count
            }
            if count == 1 { throw StoreError.full(path: "x") }
            let relay = try system.relay()
            return RelayRunner.Session(relay.run(), lock: nil)
        }
        #expect(throws: StoreError.full(path: "x")) { try runner.run() }
        try system.publish(1)
        let thread = try Thread(runner)
        try wait { try system.heard() == [1] }
        #expect(thread.stop() == nil)
    }

    struct Ask: Command { static let commandType = "Ask" }
    struct Forget: Command { static let commandType = "Forget" }

    /// Asks somebody who never answers.
    struct Asking: Saga {
        static let sagaType = "Asking"
        struct Data: Codable, Sendable {}

        var steps: [Step<Data>] {
            [
                Step("ask").invokeParticipant("nobody") { _ in Ask() }
                    .deadline(.milliseconds(50))
                    .withCompensation("nobody") { _ in Forget() }
            ]
        }
    }

    @Test func `a deadline is met in time, though nothing is committed`() throws {
        let system = try System()
        let manager = try SagaManager(Asking(), id: "asking")
        try system.store("sender").write { _ = try manager.start(Asking.Data(), in: $0) }
        var pace = RelayRunner.Pace()
        pace.deadlines = .milliseconds(20)
        let runner = RelayRunner(pace: pace) {
            let silent = CommandHandlers(
                "silent", on: "nobody",
                [
                    .on(Ask.self) { _, _ in .noReply() }, .on(Forget.self) { _, _ in .noReply() },
                ])
            let relay = try Relay(wholeSystem: [
                Service(store: system.store("sender"), subscribers: [manager, silent])
            ])
            return RelayRunner.Session(relay.run(), lock: RelayLock(of: relay))
        }
        let thread = try Thread(runner)
        try wait {
            let types = try system.store("sender").read {
                try Outbox($0).messages(after: 0, limit: 9).map(\.message.type)
            }
            return types == ["Ask", "Forget"]
        }
        #expect(thread.stop() == nil)
    }

    @Test func `one that was stopped before does not run`() throws {
        let runner = RelayRunner { throw Refused() }
        runner.stop()
        try runner.run()
        #expect(runner.isStopping)
    }
}

import TestSupport
import Testing
import Tram
import TramSQLite

/// Retries as a relay drives them, on stores that outlive every process.
@Suite struct RetryingRelayTests {
    private struct Gateway {
        struct Charge: Command {
            static let commandType = "Charge"
        }

        struct Refund: Command {
            static let commandType = "Refund"
        }

        struct Busy: FailureReply {
            static let replyType = "Busy"
        }

        struct Payment: Saga {
            static let sagaType = "Payment"
            struct Data: Codable, Sendable {}

            var steps: [Step<Data>] {
                [
                    Step("charge").invokeParticipant("gateway") { _ in Charge() }
                        .deadline(.seconds(30))
                        .retrying(2, on: Busy.self, after: .seconds(1), backoff: 2)
                        .retrying(1, on: .deadline, after: .seconds(10))
                        .withCompensation("gateway") { _ in Refund() }
                ]
            }
        }

        let payments: SQLiteStore
        let gateway: SQLiteStore
        let manager: SagaManager<Payment>
        let relay: Relay

        /// The stores are opened anew: whatever went before has died.
        init(_ directory: TemporaryDirectory, at time: Int, chunk: Int = 100) throws {
            func store(_ name: String, _ tables: [String]) throws -> SQLiteStore {
                let store = SQLiteStore(
                    name: name, path: directory.file("\(name).db"),
                    schema: Schema(
                        applicationID: 1, library: LibraryTables.messagingAndSagas,
                        migrations: [Migration(tables)]),
                    clock: { Timestamp(milliseconds: Int64(time)) })
                try store.create()
                return store
            }
            payments = try store("payments", [])
            gateway = try store(
                "gateway", ["CREATE TABLE busy (x) ", "CREATE TABLE charged (x)"].map { $0 })
            manager = try SagaManager(Payment(), id: "payments")
            let handlers = CommandHandlers(
                "gateway", on: "gateway",
                [
                    .on(Charge.self) { _, transaction in
                        if try !transaction.rows("SELECT 1 FROM busy").isEmpty { throw Busy() }
                        try transaction.execute("INSERT INTO charged VALUES (1)")
                        return .success()
                    },
                    .on(Refund.self) { _, _ in .success() },
                ])
            relay = try Relay(
                wholeSystem: [
                    Service(store: payments, subscribers: [manager]),
                    Service(store: gateway, subscribers: [handlers]),
                ], chunk: chunk)
        }

        func setBusy(_ isBusy: Bool) throws {
            try gateway.write {
                _ = try $0.execute("DELETE FROM busy")
                if isBusy { _ = try $0.execute("INSERT INTO busy VALUES (1)") }
            }
        }

        func start() throws {
            try payments.write { _ = try manager.start(Payment.Data(), in: $0) }
        }

        /// Makes passes until nothing moves, and tells what was done because of the time.
        @discardableResult
        func run(advance: Int = 0) throws -> [String] {
            let run = relay.run()
            var told: [String] = []
            func pass() throws -> Bool {
                try run.pass(RelayRun.Bounds(advance: .milliseconds(advance))) {
                    if case .expired(let expiry) = $0 { told.append(expiry.effect) }
                }.isIdle
            }
            while try !pass() {}
            return told
        }

        func overview() throws -> SagaOverview? {
            try payments.read {
                try Sagas.overview(of: SagaReference(type: "Payment", id: "1"), in: $0)
            }
        }
    }

    @Test func `a wait survives every process, and is over for the first that finds it so`() throws
    {
        let directory = try TemporaryDirectory()
        func system(_ time: Int) throws -> Gateway { try Gateway(directory, at: time) }
        try system(0).setBusy(true)
        try system(0).start()
        #expect(try system(0).run() == [])
        let waiting = try system(0).overview()
        #expect(waiting?.retryAt == Timestamp(milliseconds: 1000))
        #expect(waiting?.attempts == 1)
        #expect(waiting?.deadline == nil)
        #expect(waiting?.lastRequest == nil)
        #expect(try system(999).run() == [])
        #expect(
            try system(999).relay.deadlines(limit: 9) == ["Payment 1 to try again"])
        #expect(try system(1000).run() == ["Payment 1: charge requested"])
        #expect(try system(1000).run() == [], "it is busy again")
        #expect(try system(1000).overview()?.retryAt == Timestamp(milliseconds: 3000))
        try system(1000).setBusy(false)
        #expect(try system(3000).run() == ["Payment 1: charge requested"])
        #expect(try system(3000).overview()?.state == .completed)
        #expect(try system(3000).overview()?.retryAt == nil)
    }

    @Test func `an operator need not wait, and a rollback undoes nothing that was refused`() throws
    {
        let directory = try TemporaryDirectory()
        let system = try Gateway(directory, at: 0)
        try system.setBusy(true)
        try system.start()
        try system.run()
        let saga = SagaReference(type: "Payment", id: "1")
        let outlook = try #require(try system.relay.outlook(of: saga))
        #expect(!outlook.isStuck, "it goes on by itself")
        try system.payments.rehearse {
            let effects = try system.payments.write {
                try system.manager.decide(.resend, outlook, in: $0)
            }
            #expect(effects == ["Payment 1: charge requested"])
            #expect(try system.overview()?.retryAt == nil)
        }
        let effects = try system.payments.write {
            try system.manager.decide(.rollback, outlook, in: $0)
        }
        #expect(effects == ["Payment 1: rolled back from charge, rolled back"])
        #expect(try system.overview()?.retryAt == nil)
        _ = try Gateway(directory, at: 1000).run()
        let types = try system.payments.read {
            try Outbox($0).messages(after: 0, limit: 9).map(\.message.type)
        }
        #expect(types.dropFirst() == ["SagaUnlockCommand"], "there was no refund: \(types)")
        #expect(try Gateway(directory, at: 2000).run() == [])
    }

    @Test func `two relays that find a wait over send the command once`() throws {
        let directory = try TemporaryDirectory()
        try Gateway(directory, at: 0).setBusy(true)
        try Gateway(directory, at: 0).start()
        try Gateway(directory, at: 0).run()
        let (one, other) = try (Gateway(directory, at: 1000), Gateway(directory, at: 1000))
        let due = try one.payments.read {
            try one.manager.awaited(overdueAt: $0.now, after: nil, limit: 9, in: $0)
        }
        #expect(due.count == 1)
        #expect(try one.payments.write { try one.manager.expire(due[0], in: $0) } != nil)
        #expect(try other.payments.write { try other.manager.expire(due[0], in: $0) } == nil)
        #expect(try one.payments.read { try Outbox($0).count() } == 2)
    }

    @Test func `an advanced run takes waits as over`() throws {
        let directory = try TemporaryDirectory()
        let system = try Gateway(directory, at: 0)
        try system.setBusy(true)
        try system.start()
        try system.run()
        #expect(try system.run(advance: 999) == [])
        #expect(try system.run(advance: 1000) == ["Payment 1: charge requested"])
        #expect(
            try system.overview()?.retryAt == Timestamp(milliseconds: 2000),
            "the next wait counts from the true time")
    }

    @Test func `a reply that is on its way after the deadline is in time`() throws {
        let directory = try TemporaryDirectory()
        let system = try Gateway(directory, at: 0)
        try system.start()
        try system.relay.run().pass(RelayRun.Bounds(source: "payments"))
        // The reply is in the gateway's outbox when the deadline and the wait have passed.
        let late = try Gateway(directory, at: 50_000)
        #expect(try late.run() == [])
        #expect(try late.overview()?.state == .completed)
        #expect(try late.payments.read { try Outbox($0).count() } == 1)
    }

    @Test func `a late reply that comes during the wait is in time, too`() throws {
        let directory = try TemporaryDirectory()
        let system = try Gateway(directory, at: 0)
        try system.start()
        // The command is on its way for longer than the deadline.
        let late = try Gateway(directory, at: 30_000)
        try late.relay.run().pass(RelayRun.Bounds(source: "gateway"))
        let waiting = try late.overview()
        #expect(waiting?.retryAt == Timestamp(milliseconds: 40_000))
        #expect(waiting?.lastRequest == MessageID(service: "payments", number: 1))
        try late.relay.run().pass(RelayRun.Bounds(source: "payments"))
        #expect(try Gateway(directory, at: 40_000).run() == [])
        #expect(try Gateway(directory, at: 40_000).overview()?.state == .completed)
        #expect(try system.payments.read { try Outbox($0).count() } == 1)
    }

    @Test func `deadlines and waits of many sagas come in the order of their times`() throws {
        let directory = try TemporaryDirectory()
        let system = try Gateway(directory, at: 0, chunk: 3)
        for _ in 1...10 { try system.start() }
        try system.payments.write { transaction in
            // The even ones wait to try again, the odd ones for replies.
            try transaction.execute(
                """
                UPDATE saga_instance SET retry_at = 100 * id, deadline = NULL,
                    last_request_id = NULL WHERE id % 2 = 0
                """)
            try transaction.execute(
                "UPDATE saga_instance SET deadline = 100 * id WHERE id % 2 = 1")
            try transaction.execute("UPDATE message SET published = 1")
        }
        let all = try system.payments.read {
            try system.manager.awaited(overdueAt: nil, after: nil, limit: 99, in: $0)
        }
        #expect(all.map(\.id) == (1...10).map(String.init))
        var paged: [AwaitedMessage] = []
        while true {
            let page = try system.payments.read {
                try system.manager.awaited(overdueAt: nil, after: paged.last, limit: 3, in: $0)
            }
            if page.isEmpty { break }
            paged += page
        }
        #expect(paged == all)
        let late = try Gateway(directory, at: 700, chunk: 3)
        var told: [String] = []
        try late.relay.run().pass(RelayRun.Bounds(source: "gateway")) {
            if case .expired(let expiry) = $0 { told.append(expiry.effect) }
        }
        #expect(
            told == [
                "Payment 1: charge timed out, to be sent again after 10.0 seconds",
                "Payment 2: charge requested",
                "Payment 3: charge timed out, to be sent again after 10.0 seconds",
                "Payment 4: charge requested",
                "Payment 5: charge timed out, to be sent again after 10.0 seconds",
                "Payment 6: charge requested",
                "Payment 7: charge timed out, to be sent again after 10.0 seconds",
            ])
    }

    @Test func `what was counted before reasons were told apart still counts`() throws {
        let directory = try TemporaryDirectory()
        let system = try Gateway(directory, at: 0)
        try system.start()
        try system.payments.write {
            _ = try $0.execute("UPDATE saga_instance SET attempts = 2, retries = NULL")
        }
        #expect(try system.overview()?.attempts == 2)
        try system.setBusy(true)
        try system.run()
        // Busy is counted apart from what no retry names.
        #expect(try system.overview()?.attempts == 3)
        try system.payments.write {
            _ = try $0.execute("UPDATE saga_instance SET retries = '{'")
        }
        let inspection = try system.payments.read { try system.manager.inspect("1", in: $0) }
        #expect(inspection.damage == ["the column retries holds '{'"])
        #expect(throws: SagaDamage.self) {
            try system.payments.read { _ = try system.manager.instance("1", in: $0) }
        }
    }
}

import TestSupport
import Testing
import Tram
import TramTesting

@testable import TramSQLite

/// Hooks that throw.
@Suite struct SagaHookTests {
    private struct HookedSaga: Saga {
        static let sagaType = "HookedSaga"

        struct Data: Codable, Sendable {
            var startingFails = false
            /// What is asked of the store at the end, before the hook throws.
            var isTooLong = false
            /// Whether the hook writes what only the commit refuses, and does not throw.
            var breaksRule = false
        }

        var steps: [Step<Data>] {
            [
                Step("one").invokeParticipant(.participant) { _ in Do(step: 1) }
                    .withCompensation(.participant) { _ in Undo(step: 1) },
                Step("two").invokeParticipant(.participant) { _ in Do(step: 2) },
            ]
        }

        func starting(
            _ saga: SagaReference, _ data: inout Data, _ transaction: any Transaction
        ) throws {
            try transaction.execute("INSERT INTO note VALUES ('starting')")
            if data.startingFails { throw Breakdown() }
        }

        func completed(
            _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
        ) throws {
            try fail("completed", data, transaction)
        }

        func rolledBack(
            _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
        ) throws {
            try fail("rolled back", data, transaction)
        }

        func failed(
            _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
        ) throws {
            try fail("failed", data, transaction)
        }

        private func fail(
            _ text: String, _ data: Data, _ transaction: any Transaction
        ) throws {
            if data.breaksRule {
                try transaction.execute("INSERT INTO note VALUES (\(text))")
                try transaction.execute("INSERT INTO reference VALUES ('nothing')")
                return
            }
            do {
                let note = data.isTooLong ? String(repeating: text, count: 100_000) : text
                try transaction.execute("INSERT INTO note VALUES (\(note))")
                try transaction.publish(SagaEnded(how: text), about: 1)
            } catch { throw Breakdown() }
            throw Breakdown()
        }
    }

    private func test(_ data: HookedSaga.Data = HookedSaga.Data()) throws -> SagaTest<HookedSaga> {
        try SagaTest(HookedSaga(), data, tables: ["CREATE TABLE note (text TEXT) STRICT"])
    }

    private func notes(_ test: SagaTest<HookedSaga>) throws -> Int {
        try test.read {
            #expect(
                try Outbox($0).messages(after: 0, limit: 9).allSatisfy {
                    $0.message.type != "SagaEnded"
                })
            return try $0.rows("SELECT count(*) FROM note WHERE text <> 'starting'")[0].values()
        }
    }

    @Test func `a saga has ended also when its hook throws`() throws {
        let completed = try test()
        try completed.expect(Do(step: 1), to: .participant)
            .reply(Done(), locking: "Thing/1")
            .expect(Do(step: 2), to: .participant).reply(Done())
            .expectUnlock(of: "Thing/1", on: .participant)
            .expectCompleted()
        #expect(try notes(completed) == 0, "what the hook has written is undone")
        let rolledBack = try test()
        try rolledBack.expect(Do(step: 1), to: .participant).reply(Declined()).expectRolledBack()
        #expect(try notes(rolledBack) == 0)
        let failed = try test()
        try failed.expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Undo(step: 1), to: .participant).reply(Declined())
            .expectFailed(atStep: "one")
        #expect(try notes(failed) == 0)
        for (test, event) in [
            (completed, SagaLogEvent.completed), (rolledBack, .rolledBack), (failed, .failed),
        ] {
            let last = try test.log().suffix(2)
            #expect(last.map(\.event) == [event, .hookFailed])
            #expect(last.last?.detail == "Breakdown()")
        }
    }

    private let tables = [
        "CREATE TABLE note (text TEXT) STRICT", "CREATE TABLE thing (text TEXT PRIMARY KEY) STRICT",
        """
        CREATE TABLE reference
            (text TEXT REFERENCES thing (text) DEFERRABLE INITIALLY DEFERRED) STRICT
        """,
    ]

    private func running(
        _ data: HookedSaga.Data
    ) throws -> (store: SQLiteStore, relay: Relay, run: () throws -> [String]) {
        let store = try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [Migration(tables)]), clock: fixedClock)
        let manager = try SagaManager(HookedSaga(), id: "sagas")
        let participant = CommandHandlers(
            "participant", on: .participant,
            [.on(Do.self) { _, _ in .success() }, .on(Undo.self) { _, _ in .success() }])
        let relay = try Relay(wholeSystem: [
            Service(store: store, subscribers: [manager, participant])
        ])
        try store.write { _ = try manager.start(data, in: $0) }
        return (
            store, relay,
            {
                let run = relay.run()
                var effects: [String] = []
                func pass() throws -> Bool {
                    try run.pass {
                        guard case .delivered(let delivery) = $0 else { return }
                        #expect(delivery.receipt.outcome == .handled)
                        if delivery.subscriber == "sagas" { effects += delivery.receipt.effects }
                    }.isIdle
                }
                while try !pass() {}
                return effects
            }
        )
    }

    @Test func `the delivery that ends it tells of the error, and does not fail`() throws {
        let (_, _, run) = try running(HookedSaga.Data())
        #expect(
            try run() == [
                "HookedSaga 1: one done, two requested",
                "HookedSaga 1: two done, completed, what was to follow failed (Breakdown())",
            ])
    }

    @Test func `what only the commit would refuse is the hook's error, and ends the saga`() throws {
        var data = HookedSaga.Data()
        data.breaksRule = true
        let (store, _, run) = try running(data)
        #expect(
            try run().last
                == "HookedSaga 1: two done, completed, what was to follow failed "
                + "(FOREIGN KEY constraint failed in: COMMIT)")
        let (state, log, rows) = try store.read { transaction in
            let saga = SagaReference(type: "HookedSaga", id: "1")
            return try (
                Sagas.overview(of: saga, in: transaction)?.state,
                Sagas.log(of: saga, in: transaction).map(\.event),
                transaction.rows(
                    """
                    SELECT text FROM note WHERE text <> 'starting'
                    UNION ALL SELECT text FROM reference
                    """)
            )
        }
        #expect(state == .completed)
        #expect(log.suffix(2) == [.completed, .hookFailed])
        #expect(rows.isEmpty, "what the hook has written is undone")
    }

    @Test func `what was unsound before the hook is not held against it`() throws {
        let store = try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [Migration(tables)]))
        let manager = try SagaManager(LocalSaga(), id: "sagas")
        try store.write { transaction in
            try transaction.execute("INSERT INTO reference VALUES ('late')")
            _ = try manager.start(LocalSaga.Data(), in: transaction)
            try transaction.execute("INSERT INTO thing VALUES ('late')")
        }
        let notes = try store.read { try $0.rows("SELECT text FROM note") }
        #expect(notes.count == 1, "the hook's row stands")
    }

    /// Ends where it starts.
    private struct LocalSaga: Saga {
        static let sagaType = "LocalSaga"

        struct Data: Codable, Sendable {}

        var steps: [Step<Data>] { [Step("one").invokeLocal { _, _ in }] }

        func completed(
            _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
        ) throws {
            try transaction.execute("INSERT INTO note VALUES ('completed')")
        }
    }

    @Test func `a failure of the store is none of the hook's, also when the hook hides it`() throws
    {
        var data = HookedSaga.Data()
        data.isTooLong = true
        let (store, _, run) = try running(data)
        // There is room for all but the hook's note.
        let room = String(repeating: "x", count: 100_000)
        try store.write { _ = try $0.execute("INSERT INTO note VALUES (\(room))") }
        try store.write { _ = try $0.execute("DELETE FROM note") }
        try store.writer?.run("PRAGMA max_page_count = 1")
        do {
            _ = try run()
            Issue.record("the saga has ended")
        } catch StoreError.full {}
        let state = try store.read {
            try Sagas.overview(of: SagaReference(type: "HookedSaga", id: "1"), in: $0)?.state
        }
        #expect(state == .running(step: "two"))
    }

    @Test func `a saga whose beginning throws is not begun`() throws {
        let store = try SQLiteStore(
            inMemory: "sagas",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [["CREATE TABLE note (text TEXT) STRICT"]]))
        let manager = try SagaManager(HookedSaga(), id: "sagas")
        var data = HookedSaga.Data()
        data.startingFails = true
        try store.write { transaction in
            #expect(throws: Breakdown.self) { try manager.start(data, in: transaction) }
            #expect(throws: Breakdown.self) { try manager.start(data, key: "k", in: transaction) }
        }
        let left = try store.read {
            try $0.rows("SELECT 1 FROM saga_instance UNION ALL SELECT 1 FROM note")
        }
        #expect(left.isEmpty)
        data.startingFails = false
        let start = try store.write { try manager.start(data, key: "k", in: $0) }
        #expect(start.isNew, "the key of what was not begun is free")
    }
}

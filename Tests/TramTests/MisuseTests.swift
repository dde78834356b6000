import TestSupport
import Testing
import Tram
import TramSQLite

/// A handler that misuses its transaction or its store fails, and nothing of it is there. Those beside it
/// in the same transaction are not concerned.
@Suite struct MisuseTests {
    /// Two services whose listener does something wrong at 2, and a table of what it heard.
    private struct System {
        let system: Relayed
        let relay: Relay

        init(
            at wrong: @escaping (Relayed, any Transaction) throws -> Void
        ) throws {
            let system = try Relayed()
            self.system = system
            nonisolated(unsafe) let wrong = { try wrong(system, $0) }
            let listener = DomainEventHandlers(
                "listener",
                [
                    .on(Happened.self) { event, transaction in
                        try transaction.execute("INSERT INTO heard VALUES (\(event.number))")
                        if event.number == 2 { try wrong(transaction) }
                        return .handled("\(event.number)")
                    }
                ])
            relay = try Relay(wholeSystem: [
                Service(store: system.sender, subscribers: []),
                Service(store: system.receiver, subscribers: [listener]),
            ])
            for number in 1...3 { try system.publish(number, about: number) }
        }

        /// Runs a pass, and gives the error of the delivery that failed.
        func error() throws -> String? {
            let pass = try system.pass(relay.run())
            #expect(
                pass.deliveries == [
                    "sender:1>listener handled", "sender:2>listener failed",
                    "sender:3>listener handled",
                ])
            #expect(try system.heard() == [1, 3])
            #expect(try system.receiver.read { try Inbox($0).count() } == 2)
            return try system.sender.read {
                try Outbox($0).failures(of: MessageID(service: "sender", number: 2))["listener"]?
                    .error
            }
        }
    }

    @Test(arguments: [
        "COMMIT", "commit", " ; COMMIT", "/* x */ COMMIT", "-- x\nCOMMIT;", "END", "ROLLBACK",
        "BEGIN", "SAVEPOINT tram", "RELEASE tram", "ROLLBACK TO tram", "PRAGMA page_count",
        "PRAGMA foreign_keys = OFF", "ATTACH ':memory:' AS other", "DETACH other", "VACUUM",
        "VACUUM INTO '/dev/null'", "ANALYZE", "REINDEX", "CREATE TABLE other (x)",
        "CREATE TEMP TABLE other (x)", "CREATE INDEX other ON heard (number)", "DROP TABLE message",
        "CREATE TRIGGER other AFTER INSERT ON heard BEGIN SELECT 1; END",
        "ALTER TABLE heard ADD COLUMN x",
    ])
    func `a statement that is not for handlers is refused before it does anything`(
        text: String
    ) throws {
        let test = try System { _, transaction in
            _ = try transaction.rows(SQL(unsafeText: text))
        }
        let error = try #require(try test.error())
        #expect(error.hasPrefix("not for the body of a transaction, and not run: "), "\(error)")
    }

    @Test func `only a migration changes tables`() throws {
        let migration = Migration([]) { transaction in
            try transaction.execute("CREATE TABLE one (number INTEGER)")
            try transaction.execute("ALTER TABLE one ADD COLUMN text TEXT")
            #expect(throws: StoreError.forbidden(sql: "COMMIT")) {
                try transaction.execute("COMMIT")
            }
        }
        let store = try SQLiteStore(
            inMemory: "store", schema: Schema(applicationID: 1, migrations: [migration]))
        try store.write { _ = try $0.execute("INSERT INTO one VALUES (1, 'a')") }
        #expect(throws: StoreError.forbidden(sql: "DROP TABLE one")) {
            try store.write { _ = try $0.execute("DROP TABLE one") }
        }
    }

    @Test func `several statements in one text are refused`() throws {
        let test = try System { _, transaction in
            try transaction.execute("DELETE FROM heard; COMMIT")
        }
        let error = try #require(try test.error())
        #expect(error.hasPrefix("not one statement"), "\(error)")
    }

    @Test func `a refused statement that the handler hides is refused all the same`() throws {
        let test = try System { _, transaction in
            _ = try? transaction.execute("COMMIT")
            throw Refusal()
        }
        #expect(try test.error() == "a negative number")
    }

    @Test func `a statement that undoes the whole transaction fails its own delivery only`() throws
    {
        let test = try System { system, transaction in
            try transaction.execute("INSERT INTO one VALUES (1)")
            try transaction.execute("INSERT OR ROLLBACK INTO one VALUES (1)")
        }
        let error = try #require(try test.error())
        #expect(error.contains("which undid the whole transaction"), "\(error)")
    }

    @Test func `a second write or a read inside a handler is an error`() throws {
        for inner in [
            { try $0.write { _ in } }, { try $0.read { _ in } }, { try $0.batch {} },
            { try $0.rehearse {} }, { try $0.checkpoint() },
            { try ConsistentView.read([$0]) { _ in } },
        ] as [(SQLiteStore) throws -> Void] {
            let test = try System { system, _ in try inner(system.receiver) }
            #expect(
                try test.error()
                    == "a transaction of the receiver store was begun inside another one of it")
        }
    }

    @Test func `a relay inside a handler is an error`() throws {
        let test = try System { system, _ in try system.relay.run().pass() }
        #expect(
            try test.error()
                == "a transaction of the receiver store was begun inside another one of it")
    }

    @Test func `a rehearsal refuses what the relay would refuse`() throws {
        let test = try System { system, _ in try system.receiver.write { _ in } }
        let run = test.relay.run()
        let pass = try run.rehearse { try test.system.pass(run) }
        #expect(pass.deliveries[1] == "sender:2>listener failed")
    }

    /// What a handler keeps, though it must not.
    private final class Kept {
        var transaction: (any Transaction)?
        var errors: [StoreError?] = []

        func use(_ body: (any Transaction) throws -> Void) {
            guard let transaction else { return }
            do {
                try body(transaction)
                errors.append(nil)
            } catch {
                errors.append(error as? StoreError)
            }
        }
    }

    @Test func `a transaction that a handler has kept is over in the next one's delivery`() throws {
        let system = try Relayed()
        nonisolated(unsafe) let kept = Kept()
        let keeper = DomainEventHandlers(
            "keeper",
            [
                .on(Happened.self) { event, transaction in
                    kept.use { try $0.execute("INSERT INTO heard VALUES (99)") }
                    kept.use { _ = try $0.rows("SELECT 1") }
                    kept.use { try $0.savepoint {} }
                    kept.use { try $0.publish(Noticed(number: 99), about: 1) }
                    kept.transaction = transaction
                    return .handled("kept")
                }
            ])
        let relay = try Relay(wholeSystem: [
            Service(store: system.sender, subscribers: []),
            Service(store: system.receiver, subscribers: [keeper]),
        ])
        for number in 1...2 { try system.publish(number, about: number) }
        try system.relay.run().pass(RelayRun.Bounds(source: "receiver"))
        try relay.run().pass()
        let over = StoreError.transactionOver(service: "receiver")
        #expect(kept.errors == [over, over, over, over])
        #expect(try system.heard() == [])
        #expect(try system.receiver.read { try Outbox($0).count() } == 0)
    }

    @Test func `a transaction is over when its body has returned`() throws {
        let store = try messagingStore("store")
        let kept = Kept()
        let over = StoreError.transactionOver(service: "store")
        func use() {
            kept.use { try $0.execute("DELETE FROM message") }
            kept.use { _ = try $0.rows("SELECT 1") }
        }
        try store.write { kept.transaction = $0 }
        use()
        try store.read { kept.transaction = $0 }
        use()
        try store.batch {
            try store.write { kept.transaction = $0 }
            use()
            // Nor does it work in another write of the same batch.
            try store.write { _ in use() }
        }
        use()
        #expect(kept.errors == Array(repeating: over, count: 10))
    }

    @Test func `a body that only reads cannot write`() throws {
        let store = try messagingStore("store")
        try store.write { _ in }
        #expect(throws: StoreError.forbidden(sql: "DELETE FROM message")) {
            try store.read { _ = try $0.execute("DELETE FROM message") }
        }
    }

    @Test func `nor can it inside a batch or a rehearsal`() throws {
        let store = try messagingStore("store")
        func readAndWrite() throws {
            try store.write { _ = try $0.publish(Happened(number: 1), about: 1) }
            for text in ["DELETE FROM message", "DELETE FROM message RETURNING id"] {
                #expect(throws: StoreError.forbidden(sql: text)) {
                    try store.read { _ = try $0.rows(SQL(unsafeText: text)) }
                }
            }
            #expect(try store.read { try Outbox($0).count() } == 1)
            try store.write { _ = try $0.publish(Happened(number: 2), about: 1) }
        }
        try store.rehearse(readAndWrite)
        #expect(try store.read { try Outbox($0).count() } == 0)
        try store.batch(readAndWrite)
        #expect(try store.read { try Outbox($0).count() } == 2)
    }

    @Test func `a handler does not write to another service's store`() throws {
        let test = try System { system, transaction in
            try system.sender.write { _ = try $0.publish(Happened(number: 4), about: 4) }
        }
        #expect(
            try test.error()
                == "a transaction of the sender store was begun inside one of the receiver store, with "
                + "which it would not be undone: send a message to sender instead")
        #expect(try test.system.sender.read { try Outbox($0).count() } == 3)
    }

    @Test func `nor does it in a rehearsal, or when commits are shared`() throws {
        for isRehearsal in [true, false] {
            let test = try System { system, _ in try system.sender.write { _ in } }
            let run = test.relay.run()
            var failed: [String] = []
            func pass() throws {
                try run.pass {
                    guard case .delivered(let delivery) = $0 else { return }
                    if delivery.receipt.outcome == .failed { failed += delivery.receipt.effects }
                }
            }
            if isRehearsal {
                try run.rehearse(pass)
            } else {
                try test.system.sender.batch { try test.system.receiver.batch(pass) }
            }
            #expect(failed.count == 1)
            #expect(failed.first?.hasSuffix("send a message to sender instead") ?? false)
        }
    }

    @Test func `a store that refused a transaction inside another goes on`() throws {
        let store = try messagingStore("store")
        try store.write { transaction in
            #expect(throws: StoreError.nested(service: "store")) { try store.write { _ in } }
            try transaction.publish(Happened(number: 1), about: 1)
        }
        try store.write { _ = try $0.publish(Happened(number: 2), about: 2) }
        #expect(try store.read { try Outbox($0).count() } == 2)
    }
}

internal import Tram

/// What a program must not do, and what a store says when it does. A mistake that is not noticed
/// here would be found in production, as a transaction that is half done.
extension StoreContract {
    /// Transactions that are kept, nested, ended by their body, or used to write where only reading
    /// is allowed.
    static let misuse: [Promise] = [
        Promise("a transaction is over when its body has returned") { test in
            let kept = [
                try test.store.write { $0 }, try test.store.read { $0 },
                try test.store.batch { try test.store.write { $0 } },
            ]
            let uses: [(String, (any Transaction) throws -> Void)] = [
                ("a statement", { _ = try $0.execute("DELETE FROM item") }),
                ("a query", { _ = try $0.rows("SELECT number FROM item") }),
                ("a savepoint", { try $0.savepoint {} }),
                ("asking for counters", { _ = try $0.counters() }),
                ("asking for a table", { _ = try $0.hasTable("item") }),
                ("setting a counter", { try $0.setCounter(of: "message", to: 7) }),
            ]
            for transaction in kept {
                for (what, use) in uses {
                    try test.expectError("\(what) afterwards") {
                        try use(transaction)
                    } fits: {
                        $0 as? StoreError == .transactionOver(service: test.store.name)
                    }
                }
            }
        },
        Promise("a transaction inside another one is refused, and disturbs nothing") { test in
            func expectRefused() throws {
                let attempts: [(String, () throws -> Void)] = [
                    ("a write", { try test.store.write { _ in } }),
                    ("a read", { try test.store.read { _ in } }),
                    ("a rehearsal", { try test.store.rehearse {} }),
                    ("a batch", { try test.store.batch {} }),
                ]
                for (what, attempt) in attempts {
                    try test.expectError("\(what) inside a transaction", attempt) {
                        $0 as? StoreError == .nested(service: test.store.name)
                    }
                }
            }
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                try expectRefused()
                try test.add(2, in: transaction)
            }
            try test.store.read { _ in try expectRefused() }
            try test.store.rehearse {
                try test.store.write { _ in try expectRefused() }
                try test.store.write { try test.add(3, in: $0) }
            }
            try expect("the rows", try test.numbers(), is: [1, 2])
        },
        Promise("a body does not decide about its transaction") { test in
            for text in ["COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT mine"] {
                try test.store.write { transaction in
                    try test.expectError("\(text) in a body") {
                        _ = try transaction.execute(SQL(unsafeText: text))
                    } fits: {
                        $0 as? StoreError == .forbidden(sql: text)
                    }
                }
            }
            try test.store.write { try test.add(1, in: $0) }
            try expect("the rows", try test.numbers(), is: [1])
        },
        Promise("a body that reads cannot write") { test in
            try test.store.write { try test.add(1, in: $0) }
            try test.expectError("a write in a read") {
                try test.store.read { _ = try $0.execute("DELETE FROM item") }
            } fits: {
                $0 is StoreError
            }
            try expect("the rows", try test.numbers(), is: [1])
        },
        Promise(
            "a cause is put back with a savepoint that is undone, and ends with its transaction"
        ) { test in
            let first = MessageCause(MessageID(service: "other", number: 1))
            let second = MessageCause(MessageID(service: "other", number: 2))
            func check(_ transaction: any Transaction) throws {
                try expect(transaction.cause == nil, "a new transaction has a cause")
                transaction.cause = first
                try test.expectError("the savepoint") {
                    try transaction.savepoint {
                        transaction.cause = second
                        throw Stop()
                    }
                }
                try expect(transaction.cause == first, "an undone savepoint leaves its cause")
                try transaction.savepoint { transaction.cause = second }
                try expect(transaction.cause == second, "a savepoint's cause is lost")
            }
            try test.store.write(check)
            try test.store.batch {
                try test.store.write(check)
                try test.store.write(check)
            }
        },
    ]
}

internal import Tram

/// What a store promises about transactions: "exactly once" rests on the inbox row, the handler's
/// writes and its messages being kept or undone together.
extension StoreContract {
    /// All or nothing, also for rules that are only checked at the commit; and the store's
    /// identity.
    static let transactions: [Promise] = [
        Promise("a transaction is all there when its body returns") { test in
            let result = try test.store.write { transaction in
                try test.add(1, in: transaction)
                try test.add(2, in: transaction)
                return "done"
            }
            try expect("the result", result, is: "done")
            try expect("the rows", try test.numbers(), is: [1, 2])
        },
        Promise("nothing of a transaction is there when its body throws") { test in
            try test.expectError("the transaction") {
                try test.store.write { transaction in
                    try test.add(1, in: transaction)
                    throw Stop()
                }
            }
            try expect("the rows", try test.numbers(), is: [])
            try test.store.write { try test.add(2, in: $0) }
            try expect("the rows afterwards", try test.numbers(), is: [2])
        },
        Promise("a rule that is checked at the commit undoes the transaction") { test in
            try test.expectError("the transaction") {
                try test.store.write { transaction in
                    try test.add(1, in: transaction)
                    try transaction.execute("INSERT INTO part (item) VALUES (9)")
                }
            } fits: {
                ($0 as? StoreError)?.isRefusedCommit ?? false
            }
            try expect("the rows", try test.numbers(), is: [])
            try test.store.write { try test.add(2, in: $0) }
            try expect("the rows afterwards", try test.numbers(), is: [2])
        },
        Promise("a rule that is checked at the commit can be checked before") { test in
            try test.store.write { transaction in
                try test.expectError("a savepoint") {
                    try transaction.savepoint {
                        try test.add(1, in: transaction)
                        try transaction.checkDeferredRules()
                        try transaction.execute("INSERT INTO part (item) VALUES (9)")
                        try transaction.checkDeferredRules()
                    }
                } fits: {
                    ($0 as? StoreError)?.isRefusedCommit ?? false
                }
                try transaction.checkDeferredRules()
                try test.add(2, in: transaction)
            }
            try expect("the rows", try test.numbers(), is: [2])
        },
        Promise("a transaction knows its store, and has one time") { test in
            try test.store.write { transaction in
                try expect("its store", transaction.storeName, is: test.store.name)
                try expect("its time", transaction.now, is: transaction.now)
            }
        },
        Promise("a transaction knows the library's tables and the store's own") { test in
            try test.store.read { transaction in
                for table in ["message", "received_messages", "store_identity", "item"] {
                    try expect(try transaction.hasTable(table), "there is no table \(table)")
                }
                try expect(try !transaction.hasTable("nothing"), "there is a table 'nothing'")
            }
        },
        Promise("a store has an identity, which stays") { test in
            let first = try test.store.read { try Identities($0).own() }
            try expect("its service", first.service, is: test.store.name)
            try expect(!first.incarnation.isEmpty, "it has no incarnation")
            try test.store.write { try test.add(1, in: $0) }
            let second = try test.store.read { try Identities($0).own() }
            try expect("its identity", second, is: first)
        },
    ]

    /// A part of a transaction can be undone alone: that is how one delivery of a chunk fails
    /// without the others.
    static let savepoints: [Promise] = [
        Promise("a savepoint undoes its own part only") { test in
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                try test.expectError("the savepoint") {
                    try transaction.savepoint {
                        try test.add(2, in: transaction)
                        try transaction.savepoint { try test.add(3, in: transaction) }
                        throw Stop()
                    }
                }
                try transaction.savepoint { try test.add(4, in: transaction) }
            }
            try expect("the rows", try test.numbers(), is: [1, 4])
        },
        Promise("a broken rule undoes its statement, is told, and ends nothing else") { test in
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                try test.expectError("the second row of a number") {
                    try transaction.savepoint { try test.add(1, in: transaction) }
                } fits: {
                    guard case .constraint(let sql, let detail) = $0 as? StoreError else {
                        return false
                    }
                    return sql.contains("INSERT INTO item") && !detail.isEmpty
                }
                try expect(transaction.failure == nil, "the store is said to have failed")
                try test.add(2, in: transaction)
            }
            try expect("the rows", try test.numbers(), is: [1, 2])
        },
        Promise("a statement that makes no sense is a mistake, and no failure of the store") {
            test in
            try test.store.write { transaction in
                try test.add(1, in: transaction)
                try test.expectError("the statement") {
                    try transaction.savepoint {
                        _ = try transaction.rows("SELECT nothing FROM nowhere")
                    }
                } fits: {
                    if case .failed = $0 as? StoreError { true } else { false }
                }
                try expect(transaction.failure == nil, "the store is said to have failed")
            }
            try expect("the rows", try test.numbers(), is: [1])
        },
    ]

    /// Rehearsals leave nothing behind, and a batch is one transaction of many parts.
    static let rehearsals: [Promise] = [
        Promise("rehearsals see their own writes, nest, and leave nothing") { test in
            try test.store.write { try test.add(1, in: $0) }
            try test.store.rehearse {
                try test.store.write { try test.add(2, in: $0) }
                let inner = try test.store.rehearse {
                    try test.store.write { try test.add(3, in: $0) }
                    return try test.numbers()
                }
                try expect("the rows of the inner one", inner, is: [1, 2, 3])
                try expect("the rows of the outer one", try test.numbers(), is: [1, 2])
            }
            try expect("the rows", try test.numbers(), is: [1])
        },
        Promise("an error in a rehearsal is passed on, and leaves nothing") { test in
            try test.expectError("the rehearsal") {
                try test.store.rehearse {
                    try test.store.write { try test.add(1, in: $0) }
                    throw Stop()
                }
            }
            try expect("the rows", try test.numbers(), is: [])
            try test.store.write { try test.add(2, in: $0) }
            try expect("the rows afterwards", try test.numbers(), is: [2])
        },
        Promise("a batch is one transaction, of which each part stands or falls alone") { test in
            try test.store.batch {
                try test.store.write { try test.add(1, in: $0) }
                try test.expectError("the second part") {
                    try test.store.write { transaction in
                        try test.add(2, in: transaction)
                        throw Stop()
                    }
                }
                try test.expectError("the part that a commit would refuse") {
                    try test.store.write { transaction in
                        _ = try transaction.execute("INSERT INTO part (item) VALUES (9)")
                    }
                } fits: {
                    ($0 as? StoreError)?.isRefusedCommit ?? false
                }
                try expect("the rows within", try test.numbers(), is: [1])
                try test.store.write { try test.add(3, in: $0) }
            }
            try expect("the rows", try test.numbers(), is: [1, 3])
            try test.expectError("the batch") {
                try test.store.batch {
                    try test.store.write { try test.add(4, in: $0) }
                    throw Stop()
                }
            }
            try expect("the rows of a batch that threw", try test.numbers(), is: [1, 3])
        },
    ]
}

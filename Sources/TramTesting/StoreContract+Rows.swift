internal import Tram

/// What a store makes of statements and values, what numbers it gives to rows, and what it promises
/// beside other users of the same data.
extension StoreContract {
    /// The counts of changed rows, and rows that a statement returns.
    static let statements: [Promise] = [
        Promise("execute tells how many rows it changed") { test in
            try test.store.write { transaction in
                for number in 1...3 { try test.add(number, in: transaction) }
                let updated = try transaction.execute(
                    "UPDATE item SET text = 'x' WHERE number > 1")
                try expect("updated rows", updated, is: 2)
                let inserted = try transaction.execute(
                    "INSERT INTO item (number) VALUES (1) ON CONFLICT DO NOTHING")
                try expect("inserted rows", inserted, is: 0)
            }
        },
        Promise("RETURNING gives its rows, and leaves nothing open") { test in
            let id = try test.store.write { transaction in
                try transaction.savepoint {
                    let id: Int = try transaction.rows(
                        "INSERT INTO item (number) VALUES (7) RETURNING number")[0].values()
                    return id
                }
            }
            try expect("the number", id, is: 7)
            try expect("the rows", try test.numbers(), is: [7])
        },
    ]

    /// Values come back as they were bound: the library's JSON and digests depend on it.
    static let values: [Promise] = [
        Promise("integers, texts and nothing come back as they were bound") { test in
            let texts = ["", "a", "naïve 🚋", "line\nbreak", "'; DROP TABLE item; --"]
            try test.store.write { transaction in
                for (number, text) in texts.enumerated() {
                    try transaction.execute(
                        "INSERT INTO item (number, text) VALUES (\(number), \(text))")
                }
                try transaction.execute(
                    "INSERT INTO item (number, text) VALUES (\(Int.min), \(String?.none))")
                let rows: [(Int, String?)] = try transaction.rows(
                    "SELECT number, text FROM item ORDER BY number"
                ).map { try $0.values() }
                try expect("the numbers", rows.map(\.0), is: [.min, 0, 1, 2, 3, 4])
                try expect("the texts", rows.map(\.1), is: [nil] + texts)
            }
        },
        Promise("fractions come back as they were bound") { test in
            try test.store.write { transaction in
                for (number, ratio) in [0.1, -2.5, 1e300].enumerated() {
                    try transaction.execute(
                        "INSERT INTO item (number, ratio) VALUES (\(number), \(ratio))")
                }
                let ratios: [Double] = try transaction.rows(
                    "SELECT ratio FROM item ORDER BY number"
                )
                .map { row in
                    let ratio: Double = try row.values()
                    return ratio
                }
                try expect("the fractions", ratios, is: [0.1, -2.5, 1e300])
            }
        },
        Promise("a value of another type is an unexpected row") { test in
            try test.store.write { transaction in
                try transaction.execute("INSERT INTO item (number, text) VALUES (1, 'one')")
                let row = try transaction.rows("SELECT text FROM item")[0]
                try test.expectError("reading a text as a number") {
                    let _: Int = try row.values()
                } fits: {
                    if case .unexpectedRow = $0 as? StoreError { true } else { false }
                }
            }
        },
    ]

    /// Numbers of messages are never used twice, not even those of deleted rows: an inbox would
    /// take the second message for a duplicate of the first.
    static let numbers: [Promise] = [
        Promise("a message's number is never given out twice") { test in
            func send() throws -> Int {
                try test.store.write { transaction in
                    try Outbox(transaction).append(
                        OutgoingMessage(
                            type: "T", destination: "c", partitionID: "1", headers: [:],
                            payload: "{}")
                    ).number
                }
            }
            try expect("the first number", try send(), is: 1)
            try expect("the second number", try send(), is: 2)
            try test.store.write { _ = try $0.execute("DELETE FROM message WHERE id = 2") }
            try expect("the number after a deleted one", try send(), is: 3)
            let counters = try test.store.read { try $0.counters() }
            try expect("the counter", counters["message"], is: 3)
        },
        Promise("a counter that is set is gone on from") { test in
            try test.store.write { try $0.setCounter(of: "message", to: 40) }
            let id = try test.store.write { transaction in
                try Outbox(transaction).append(
                    OutgoingMessage(
                        type: "T", destination: "c", partitionID: "1", headers: [:], payload: "{}")
                )
            }
            try expect("the number", id.number, is: 41)
            try expect("the service", id.service, is: test.store.name)
        },
    ]

    /// What a user of the store sees of another one. Where a kind of store can have no second user,
    /// only the last of these says anything.
    static let sharing: [Promise] = [
        Promise("what another user commits is seen, and changes the data's version") { test in
            guard let other = test.other else { return }
            let before = try test.store.dataVersion()
            try expect("the version, unchanged", try test.store.dataVersion(), is: before)
            try other.write { try test.add(1, in: $0) }
            try expect(try test.store.dataVersion() != before, "the version is the same")
            try expect("the rows", try test.numbers(), is: [1])
        },
        Promise("a view does not change while another user commits") { test in
            guard let other = test.other else { return }
            try test.store.write { try test.add(1, in: $0) }
            try test.store.read { transaction in
                try expect("the rows", try test.numbers(in: transaction), is: [1])
                try other.write { try test.add(2, in: $0) }
                try expect("the rows still", try test.numbers(in: transaction), is: [1])
            }
            try expect("the rows afterwards", try test.numbers(), is: [1, 2])
        },
        Promise("while its writers are excluded, nobody writes, and everybody reads") { test in
            guard let other = test.other, let exclusion = try test.store.excludeWriters() else {
                return
            }
            try test.expectError("a write meanwhile") {
                try other.write { try test.add(1, in: $0) }
            } fits: {
                if case .busy = $0 as? StoreError { true } else { false }
            }
            try expect("the rows", try test.numbers(other), is: [])
            exclusion.release()
            try other.write { try test.add(2, in: $0) }
            try expect("the rows afterwards", try test.numbers(), is: [2])
        },
        Promise("a consistent view shows a store as it was at one instant") { test in
            try test.store.write { try test.add(1, in: $0) }
            try ConsistentView.read([test.store]) { views in
                try test.other?.write { try test.add(2, in: $0) }
                try expect("the rows", try test.numbers(in: views[0]), is: [1])
            }
        },
    ]
}

/// What a statement does, by its first word.
enum StatementWord {
    /// The words of statements that only read or change rows. All others (`COMMIT`, `SAVEPOINT`,
    /// `PRAGMA`, `ATTACH`, …) begin or end transactions, or change how the store works.
    private static let ofBodies: Set<String> = [
        "SELECT", "VALUES", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "EXPLAIN",
    ]

    /// The words of statements that change tables: after them, a store is not as its schema says, unless
    /// they belong to a migration.
    private static let ofMigrations: Set<String> = ["CREATE", "ALTER", "DROP"]

    /// Whether the body of a transaction may run a statement.
    static func isForBodies(_ text: String) -> Bool {
        ofBodies.contains(first(in: text).uppercased())
    }

    /// Whether the body of a migration may run a statement that others may not.
    static func isForMigrations(_ text: String) -> Bool {
        ofMigrations.contains(first(in: text).uppercased())
    }

    /// The first word of a statement, after spaces, comments and semicolons, which SQLite passes over;
    /// empty when there is none.
    static func first(in text: String) -> String {
        var rest = Substring(text).utf8
        while let byte = rest.first {
            if isPassedOver(byte) {
                rest.removeFirst()
            } else if rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != 0x0A }
            } else if rest.starts(with: "/*".utf8) {
                rest = afterComment(rest)
            } else {
                break
            }
        }
        return String(decoding: rest.prefix(while: isLetter), as: UTF8.self)
    }

    private static func afterComment(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var rest = text.dropFirst(2)
        while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest.removeFirst() }
        return rest.dropFirst(2)
    }

    private static func isPassedOver(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte) || byte == 0x3B
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// What kind of statement a text is, by its first word.
///
/// It is the guard against a body that would end its transaction (`COMMIT`) or change how the store
/// works (`PRAGMA`, `ATTACH`). It allows what is known to be harmless, and refuses all else.
enum StatementWord {
    /// The words of statements that only read or change rows.
    private static let ofBodies: Set<String> = [
        "SELECT", "VALUES", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "EXPLAIN",
    ]

    /// The words of statements that change tables. After them, a store is not as its schema says,
    /// unless they belong to a migration.
    private static let ofMigrations: Set<String> = ["CREATE", "ALTER", "DROP"]

    /// Whether the body of a transaction may run the statement.
    static func isForBodies(_ text: String) -> Bool {
        ofBodies.contains(first(in: text).uppercased())
    }

    /// Whether the body of a migration may run the statement, besides those of any body.
    static func isForMigrations(_ text: String) -> Bool {
        ofMigrations.contains(first(in: text).uppercased())
    }

    /// The first word of a statement; empty when there is none. Before it may stand what SQLite
    /// passes over: white space, comments and semicolons.
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

    /// The text after a comment that it begins with. One that is not closed goes to the end, as in
    /// SQLite.
    private static func afterComment(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var rest = text.dropFirst(2)
        while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest.removeFirst() }
        return rest.dropFirst(2)
    }

    /// Whether it is white space or a semicolon.
    private static func isPassedOver(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte) || byte == 0x3B
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

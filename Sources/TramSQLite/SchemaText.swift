/// What a `CREATE` statement says, as SQLite reads it: two statements are equal when they differ in
/// nothing but white space, comments, the letter case of keywords and names, quotes of names, and
/// `IF NOT EXISTS`.
struct SchemaText: Equatable {
    private var words: [String] = []

    init(_ sql: String) {
        var rest = Substring(sql)
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                Self.skipComment(&rest)
            } else {
                words.append(Self.word(&rest))
            }
        }
        if words.last == ";" { words.removeLast() }
        let condition = ["if", "not", "exists"]
        while let start = words.indices.first(where: { words[$0...].starts(with: condition) }) {
            words.removeSubrange(start..<start + condition.count)
        }
    }

    private static func skipComment(_ rest: inout Substring) {
        rest = rest.dropFirst(2)
        while !rest.isEmpty, !rest.hasPrefix("*/") { rest.removeFirst() }
        rest = rest.dropFirst(2)
    }

    private static func word(_ rest: inout Substring) -> String {
        let first = rest.removeFirst()
        switch first {
        case "'": return "'" + quoted(&rest, until: "'") + "'"
        case "\"", "`": return quoted(&rest, until: first).lowercased()
        case "[": return quoted(&rest, until: "]").lowercased()
        default: break
        }
        guard isPartOfName(first) else { return String(first) }
        var word = String(first)
        while let next = rest.first, isPartOfName(next) { word.append(rest.removeFirst()) }
        return word.lowercased()
    }

    /// What stands in quotes. A quote in it is written twice.
    private static func quoted(_ rest: inout Substring, until quote: Character) -> String {
        var text = ""
        while let next = rest.popFirst() {
            if next != quote {
                text.append(next)
            } else if quote != "]", rest.first == quote {
                text.append(rest.removeFirst())
            } else {
                break
            }
        }
        return text
    }

    private static func isPartOfName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "$"
            || character == "."
    }
}

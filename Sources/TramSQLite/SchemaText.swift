/// What a `CREATE` statement says, as SQLite reads it.
///
/// Two are equal when they differ only in white space, comments, the letter case of keywords and
/// names, quotes around names, and `IF NOT EXISTS`. SQLite keeps the text of each statement as it
/// was written, so a schema that was made by another version of the program may look different and
/// mean the same.
struct SchemaText: Equatable {
    /// The words of the statement in a common form: names and keywords in lower case, texts in
    /// quotes as they are, any other character by itself.
    private var words: [String] = []

    /// Splits a statement into its words.
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

    /// Removes a comment at the beginning.
    private static func skipComment(_ rest: inout Substring) {
        rest = rest.dropFirst(2)
        while !rest.isEmpty, !rest.hasPrefix("*/") { rest.removeFirst() }
        rest = rest.dropFirst(2)
    }

    /// Removes the first word, and returns its common form.
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

    /// Removes what stands in quotes and the closing quote. A quote inside is written twice.
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

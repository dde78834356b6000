internal import Presentation

/// A result that can be read by people and by programs.
protocol Document {
    /// Whole lines, the same bytes for the same facts.
    func text(_ style: Style) -> String
    /// The same facts, with all keys in a fixed order.
    var json: JSON { get }
    /// What `--quiet` prints instead, if it changes anything; nothing at all when it is empty.
    var quietText: String? { get }
}

extension Document {
    var quietText: String? { nil }
}

/// Several of a kind: a table for people, a bare array of what `show` gives for programs.
struct ListDocument<Element: Document>: Document {
    let elements: [Element]
    let columns: [Table.Column]
    /// What to print instead of a table without rows.
    let empty: String
    /// Whether `--quiet` prints an id as often as elements have it.
    var repeatsIDs = true
    /// What names an element for `--quiet`, which prints one a line.
    let id: (Element) -> String
    let cells: (Element) -> [String]

    func text(_ style: Style) -> String {
        elements.isEmpty ? empty + "\n" : Table(columns: columns, rows: elements.map(cells)).text
    }

    var json: JSON { .array(elements.map(\.json)) }

    var quietText: String? {
        var known: Set<String> = []
        return elements.map(id).filter { known.insert($0).inserted || repeatsIDs }
            .joined(separator: "\n")
    }
}

package import TramWorkbench

/// A result that can be read by people and by programs.
package protocol Document {
    /// Whole lines, the same bytes for the same facts.
    func text(_ style: Style) -> String
    /// The same facts, with all keys in a fixed order.
    var json: JSON { get }
    /// What `--quiet` prints instead, if it changes anything; nothing at all when it is empty.
    var quietText: String? { get }
}

extension Document {
    package var quietText: String? { nil }
}

/// Several of a kind: a table for people, a bare array of what `show` gives for programs.
package struct ListDocument<Element: Document>: Document {
    package let elements: [Element]
    package let columns: [Table.Column]
    /// What to print instead of a table without rows.
    package let empty: String
    /// Whether `--quiet` prints an id as often as elements have it.
    package var repeatsIDs = true
    /// What names an element for `--quiet`, which prints one a line.
    package let id: (Element) -> String
    package let cells: (Element) -> [String]

    package init(
        elements: [Element], columns: [Table.Column], empty: String, repeatsIDs: Bool = true,
        id: @escaping (Element) -> String, cells: @escaping (Element) -> [String]
    ) {
        self.elements = elements
        self.columns = columns
        self.empty = empty
        self.repeatsIDs = repeatsIDs
        self.id = id
        self.cells = cells
    }

    package func text(_ style: Style) -> String {
        elements.isEmpty ? empty + "\n" : Table(columns: columns, rows: elements.map(cells)).text
    }

    package var json: JSON { .array(elements.map(\.json)) }

    package var quietText: String? {
        var known: Set<String> = []
        return elements.map(id).filter { known.insert($0).inserted || repeatsIDs }
            .joined(separator: "\n")
    }
}

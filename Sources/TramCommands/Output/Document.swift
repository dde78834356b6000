public import TramWorkbench

/// A result that can be read by people and by programs.
public protocol Document {
    /// Whole lines, the same bytes for the same facts.
    func text(_ style: Style) -> String
    /// The same facts, with all keys in a fixed order.
    var json: JSON { get }
    /// What `--quiet` prints instead, if it changes anything; nothing at all when it is empty.
    var quietText: String? { get }
}

extension Document {
    public var quietText: String? { nil }
}

/// Several of a kind: a table for people, a bare array of what `show` gives for programs.
public struct ListDocument<Element: Document>: Document {
    /// What the list holds.
    public let elements: [Element]
    /// The table's columns.
    public let columns: [Table.Column]
    /// What to print instead of a table without rows.
    public let empty: String
    /// Whether `--quiet` prints an id as often as elements have it.
    public var repeatsIDs = true
    /// What names an element for `--quiet`, which prints one a line.
    public let id: (Element) -> String
    /// The cells of an element, one for each column.
    public let cells: (Element) -> [String]

    /// Describes a list.
    ///
    /// - Parameters:
    ///   - elements: what it holds.
    ///   - columns: the table's columns.
    ///   - empty: what to print instead of a table without rows.
    ///   - repeatsIDs: whether `--quiet` prints an id as often as elements have it.
    ///   - id: what names an element for `--quiet`.
    ///   - cells: the cells of an element, one for each column.
    public init(
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

    public func text(_ style: Style) -> String {
        elements.isEmpty ? empty + "\n" : Table(columns: columns, rows: elements.map(cells)).text
    }

    public var json: JSON { .array(elements.map(\.json)) }

    public var quietText: String? {
        var known: Set<String> = []
        return elements.map(id).filter { known.insert($0).inserted || repeatsIDs }
            .joined(separator: "\n")
    }
}

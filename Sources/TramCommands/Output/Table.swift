/// Records, one a line, under capital headers. The last column is not padded.
public struct Table {
    /// A column: its title, and where its cells stand.
    public struct Column {
        let title: String
        var isRightAligned = false

        /// A column of text.
        public static func left(_ title: String) -> Column { Column(title: title) }
        /// A column of numbers.
        public static func right(_ title: String) -> Column {
            Column(title: title, isRightAligned: true)
        }
    }

    private let columns: [Column]
    private let rows: [[String]]

    /// A table with a header.
    ///
    /// - Parameters:
    ///   - columns: at least one.
    ///   - rows: as many cells in each as there are columns.
    public init(columns: [Column], rows: [[String]]) {
        self.columns = columns
        self.rows = rows
    }

    /// The table as lines.
    public var text: String {
        let widths = columns.indices.map { index in
            rows.reduce(columns[index].title.count) { max($0, $1[index].count) }
        }
        let lines = [columns.map(\.title)] + rows
        return lines.map { cells in
            let padded = zip(columns.indices, cells).map { index, cell in
                if columns[index].isRightAligned { return leftPadded(cell, widths[index]) }
                return index == columns.count - 1 ? cell : rightPadded(cell, widths[index])
            }
            return trimmed(padded.joined(separator: "  ")) + "\n"
        }.joined()
    }

    private func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}

/// The text, followed by spaces up to the width.
public func rightPadded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// The text, after spaces up to the width.
public func leftPadded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

/// `1 message`, `2 messages`.
public func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}

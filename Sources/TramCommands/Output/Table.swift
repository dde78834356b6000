/// Records, one a line, under capital headers. The last column is not padded.
package struct Table {
    package struct Column {
        let title: String
        var isRightAligned = false

        package static func left(_ title: String) -> Column { Column(title: title) }
        package static func right(_ title: String) -> Column {
            Column(title: title, isRightAligned: true)
        }
    }

    private let columns: [Column]
    private let rows: [[String]]

    package init(columns: [Column], rows: [[String]]) {
        self.columns = columns
        self.rows = rows
    }

    package var text: String {
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
package func rightPadded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// The text, after spaces up to the width.
package func leftPadded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

/// `1 message`, `2 messages`.
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}

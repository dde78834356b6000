/// A row of a result, its columns in the order of the statement.
public struct Row: Sendable, Hashable {
    /// The values, in the order of the statement's columns.
    public let columns: [SQLValue]

    /// A row of these values.
    public init(_ columns: [SQLValue]) {
        self.columns = columns
    }

    /// The columns as Swift values, their types taken from the context:
    ///
    /// ```swift
    /// let (name, limit): (String, Int) = try row.values()
    /// ```
    ///
    /// - Throws: ``StoreError/unexpectedRow(_:)`` when there are fewer columns, or one holds a value
    ///   of another type.
    public func values<each Value: SQLConvertible>() throws -> (repeat each Value) {
        var index = 0
        func next<Column: SQLConvertible>(_ type: Column.Type) throws -> Column {
            defer { index += 1 }
            guard index < columns.count, let value = Column.from(columns[index]) else {
                throw StoreError.unexpectedRow(
                    "\(columns.indices.contains(index) ? describe(columns[index]) : "nothing") is no \(type)"
                )
            }
            return value
        }
        return (repeat try next((each Value).self))
    }

    private func describe(_ value: SQLValue) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let integer): "\(integer)"
        case .real(let number): "\(number)"
        case .text(let text): "'\(text)'"
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }
}

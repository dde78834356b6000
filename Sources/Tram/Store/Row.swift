/// A row of a statement's result.
///
/// ```swift
/// let rows = try transaction.rows("SELECT name, credit_limit FROM customer WHERE id = \(id)")
/// guard let row = rows.first else { return nil }
/// let (name, limit): (String, Int?) = try row.values()
/// ```
public struct Row: Sendable, Hashable {
    /// The values, in the order of the statement's columns.
    public let columns: [SQLValue]

    /// A row of these values, for stores and tests.
    public init(_ columns: [SQLValue]) {
        self.columns = columns
    }

    /// The first columns as Swift values, their types taken from the context:
    ///
    /// ```swift
    /// let (name, limit): (String, Int) = try row.values()
    /// let count: Int = try row.values()
    /// ```
    ///
    /// A column that may be NULL is read as an optional. Columns beyond those that are asked for
    /// are ignored.
    ///
    /// - Throws: ``StoreError/unexpectedRow(_:)`` when there are fewer columns, or one holds a
    ///   value of another type. It does not name the statement.
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

    /// A value for an error message, in SQL's notation. Bytes are only counted.
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

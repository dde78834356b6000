/// A statement and the values that are bound to it.
///
/// It is written as a literal, and every interpolation becomes a bound parameter. Text from outside
/// can therefore never become part of the statement:
///
/// ```swift
/// try transaction.rows("SELECT name FROM customer WHERE id = \(id)")
/// ```
///
/// The literal is the cache key of the prepared statement, so a statement in a loop is parsed once.
/// Parameters are numbered `$1`, `$2`, …, which SQLite and PostgreSQL both read. The library writes
/// its own statements in words that both take (`ON CONFLICT`, `RETURNING`); only the tables are
/// declared in the words of one database.
///
/// The names of tables and columns cannot be interpolated; write a literal for each.
public struct SQL: ExpressibleByStringInterpolation, Sendable, Hashable {
    /// The statement, with a placeholder for every value.
    public let text: String
    /// The values, in the order of their placeholders.
    public let values: [SQLValue]

    /// A statement without values.
    public init(stringLiteral value: StaticString) {
        text = "\(value)"
        values = []
    }

    /// A statement with the values of its interpolations.
    public init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        values = stringInterpolation.values
    }

    /// A statement from text that is not a literal, without values.
    ///
    /// It is for the statements of a ``Migration`` and for tools. Never put a value into the text:
    /// a value from outside could become part of the statement.
    public init(unsafeText: String) {
        text = unsafeText
        values = []
    }

    /// Collects the pieces of an ``SQL`` literal: its text, with a placeholder for each value.
    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var values: [SQLValue] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 3 * interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        /// Adds a piece of the literal. Its type admits only text that is known at compile time.
        public mutating func appendLiteral(_ literal: StaticString) {
            text += "\(literal)"
        }

        /// Binds a value to the next placeholder.
        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            values.append(value.sqlValue)
            text += "$\(values.count)"
        }

        /// Inserts a piece that several statements have in common. It is a literal too, and has no
        /// values.
        mutating func appendInterpolation(piece: StaticString) {
            text += "\(piece)"
        }

        /// Binds a value, or NULL when it is nil. Compare with `IS`, since `= NULL` is never true.
        public mutating func appendInterpolation<Value: SQLConvertible>(_ value: Value?) {
            appendInterpolation(value.sqlValue)
        }
    }
}

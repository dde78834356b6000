/// A statement and the values bound to it.
///
/// It is written as a literal, and every interpolation becomes a bound parameter; text from outside
/// can therefore never become part of the statement:
///
/// ```swift
/// try transaction.rows("SELECT name FROM customer WHERE id = \(id)")
/// ```
///
/// Parameters are numbered `$1`, `$2`, …, which SQLite and PostgreSQL both read.
public struct SQL: ExpressibleByStringInterpolation, Sendable, Hashable {
    /// The statement, with a placeholder for every value.
    public let text: String
    /// The values, in the order of their placeholders.
    public let values: [SQLValue]

    public init(stringLiteral value: StaticString) {
        text = "\(value)"
        values = []
    }

    public init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        values = stringInterpolation.values
    }

    /// A statement from text that is not a literal: for schemas and tools, never for values.
    public init(unsafeText: String) {
        text = unsafeText
        values = []
    }

    /// Collects the pieces of an ``SQL`` literal.
    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var values: [SQLValue] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 3 * interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: StaticString) {
            text += "\(literal)"
        }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            values.append(value.sqlValue)
            text += "$\(values.count)"
        }

        /// Puts in a piece of statement that several statements have in common. It is a literal too, and
        /// has no values.
        mutating func appendInterpolation(piece: StaticString) {
            text += "\(piece)"
        }

        /// Binds a value, or NULL.
        public mutating func appendInterpolation<Value: SQLConvertible>(_ value: Value?) {
            appendInterpolation(value.sqlValue)
        }
    }
}

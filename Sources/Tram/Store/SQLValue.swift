/// A value as a store keeps it. Two types and NULL are enough for messages and for exact money.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
}

/// A type that can be bound to a statement and read back from a row.
public protocol SQLConvertible {
    /// The value to bind.
    var sqlValue: SQLValue { get }

    /// Reads a value back; nil when the column holds something else.
    static func from(_ value: SQLValue) -> Self?
}

extension SQLValue: SQLConvertible {
    public var sqlValue: SQLValue { self }

    public static func from(_ value: SQLValue) -> SQLValue? { value }
}

extension Int: SQLConvertible {
    public var sqlValue: SQLValue { .integer(Int64(self)) }

    public static func from(_ value: SQLValue) -> Int? {
        guard case .integer(let integer) = value else { return nil }
        return Int(exactly: integer)
    }
}

extension String: SQLConvertible {
    public var sqlValue: SQLValue { .text(self) }

    public static func from(_ value: SQLValue) -> String? {
        guard case .text(let text) = value else { return nil }
        return text
    }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }

    public static func from(_ value: SQLValue) -> Wrapped?? {
        if case .null = value { return .some(nil) }
        return Wrapped.from(value).map(Optional.some)
    }
}

extension SQLConvertible where Self: RawRepresentable, RawValue: SQLConvertible {
    public var sqlValue: SQLValue { rawValue.sqlValue }

    public static func from(_ value: SQLValue) -> Self? {
        RawValue.from(value).flatMap(Self.init(rawValue:))
    }
}

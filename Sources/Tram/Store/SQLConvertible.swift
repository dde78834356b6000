public import FoundationEssentials

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

extension Int64: SQLConvertible {
    public var sqlValue: SQLValue { .integer(self) }

    public static func from(_ value: SQLValue) -> Int64? {
        guard case .integer(let integer) = value else { return nil }
        return integer
    }
}

extension String: SQLConvertible {
    public var sqlValue: SQLValue { .text(self) }

    public static func from(_ value: SQLValue) -> String? {
        guard case .text(let text) = value else { return nil }
        return text
    }
}

/// Bound as 0 or 1; any other integer is none.
extension Bool: SQLConvertible {
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }

    public static func from(_ value: SQLValue) -> Bool? {
        switch value {
        case .integer(0): false
        case .integer(1): true
        default: nil
        }
    }
}

/// Bound as it is. A store may keep a whole number as an integer, which is read back as well, when no
/// digit is lost. A statement with what is not a number fails: a store would keep it as NULL.
extension Double: SQLConvertible {
    public var sqlValue: SQLValue { .real(self) }

    public static func from(_ value: SQLValue) -> Double? {
        switch value {
        case .real(let number): number
        case .integer(let integer): Double(exactly: integer)
        default: nil
        }
    }
}

/// Bound as whole milliseconds since 1970-01-01T00:00:00Z.
extension Timestamp: SQLConvertible {
    public var sqlValue: SQLValue { .integer(milliseconds) }

    public static func from(_ value: SQLValue) -> Timestamp? {
        guard case .integer(let milliseconds) = value else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }
}

/// Bound as a ``Timestamp`` is: rounded to the nearest millisecond. A statement with a date that is
/// further away than those reach fails.
extension Date: SQLConvertible {
    public var sqlValue: SQLValue {
        let milliseconds = (timeIntervalSince1970 * 1000).rounded()
        // What is not a number is bound nowhere.
        return Int64(exactly: milliseconds).map(SQLValue.integer) ?? .real(.nan)
    }

    public static func from(_ value: SQLValue) -> Date? {
        Timestamp.from(value).map { Date(timeIntervalSince1970: Double($0.milliseconds) / 1000) }
    }
}

/// Bound as bytes.
extension Data: SQLConvertible {
    public var sqlValue: SQLValue { .blob([UInt8](self)) }

    public static func from(_ value: SQLValue) -> Data? {
        guard case .blob(let bytes) = value else { return nil }
        return Data(bytes)
    }
}

/// Bound as text, in lower case (RFC 9562, section 4); read in either.
extension UUID: SQLConvertible {
    public var sqlValue: SQLValue { .text(uuidString.lowercased()) }

    public static func from(_ value: SQLValue) -> UUID? {
        guard case .text(let text) = value else { return nil }
        return UUID(uuidString: text)
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

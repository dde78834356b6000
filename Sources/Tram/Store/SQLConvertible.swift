public import FoundationEssentials

/// A type whose values can be bound to a statement and read back from a row.
///
/// Integers, texts, Booleans, floating-point numbers, dates, data, UUIDs and their optionals
/// conform. An enumeration with a raw value only has to say so; another type converts itself to one
/// of those:
///
/// ```swift
/// enum OrderState: String, SQLConvertible { case pending, approved }
///
/// extension Money: SQLConvertible {
///     var sqlValue: SQLValue { .integer(Int64(cents)) }
///     static func from(_ value: SQLValue) -> Money? { Int.from(value).map(Money.init(cents:)) }
/// }
/// ```
public protocol SQLConvertible {
    /// The value to bind.
    var sqlValue: SQLValue { get }

    /// Reads a value back; nil when the column holds something else, which ``Row/values()``
    /// reports.
    static func from(_ value: SQLValue) -> Self?
}

/// Bound as it is, and read whatever the column holds.
extension SQLValue: SQLConvertible {
    public var sqlValue: SQLValue { self }

    public static func from(_ value: SQLValue) -> SQLValue? { value }
}

/// Bound as an integer of 64 bits.
extension Int: SQLConvertible {
    public var sqlValue: SQLValue { .integer(Int64(self)) }

    public static func from(_ value: SQLValue) -> Int? {
        guard case .integer(let integer) = value else { return nil }
        return Int(exactly: integer)
    }
}

/// Bound as an integer.
extension Int64: SQLConvertible {
    public var sqlValue: SQLValue { .integer(self) }

    public static func from(_ value: SQLValue) -> Int64? {
        guard case .integer(let integer) = value else { return nil }
        return integer
    }
}

/// Bound as UTF-8 text. A number is not read as text.
extension String: SQLConvertible {
    public var sqlValue: SQLValue { .text(self) }

    public static func from(_ value: SQLValue) -> String? {
        guard case .text(let text) = value else { return nil }
        return text
    }
}

/// Bound as 0 or 1. Any other integer cannot be read as a Boolean.
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

/// Bound as a floating-point number.
///
/// A store may keep a whole number as an integer, which is read back when no digit is lost. A
/// statement with NaN fails with ``StoreError/failed(sql:code:detail:)``: a store would keep it as
/// NULL.
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

/// Bound as a ``Timestamp`` is: rounded to the nearest millisecond, so a date may not be read back
/// as exactly the same. A statement with a date beyond the range of `Timestamp` fails with
/// ``StoreError/failed(sql:code:detail:)``.
extension Date: SQLConvertible {
    public var sqlValue: SQLValue {
        let milliseconds = (timeIntervalSince1970 * 1000).rounded()
        // A store refuses NaN: see Double. There is no other way to fail from here.
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

/// Bound as text, in lower case (RFC 9562, section 4); read in either case.
extension UUID: SQLConvertible {
    public var sqlValue: SQLValue { .text(uuidString.lowercased()) }

    public static func from(_ value: SQLValue) -> UUID? {
        guard case .text(let text) = value else { return nil }
        return UUID(uuidString: text)
    }
}

/// Bound as NULL when nil. Reading NULL succeeds with nil; a value of another type still fails.
extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }

    public static func from(_ value: SQLValue) -> Wrapped?? {
        if case .null = value { return .some(nil) }
        return Wrapped.from(value).map(Optional.some)
    }
}

/// Bound as the raw value. A raw value without a case cannot be read.
extension SQLConvertible where Self: RawRepresentable, RawValue: SQLConvertible {
    public var sqlValue: SQLValue { rawValue.sqlValue }

    public static func from(_ value: SQLValue) -> Self? {
        RawValue.from(value).flatMap(Self.init(rawValue:))
    }
}

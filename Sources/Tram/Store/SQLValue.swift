/// A value as a store keeps it: the five storage classes of SQLite.
///
/// Programs rarely meet it: values are bound and read through ``SQLConvertible``.
public enum SQLValue: Sendable, Hashable {
    /// No value. It is equal to no other value in SQL, and equal to itself in Swift.
    case null
    /// A signed integer of 64 bits.
    case integer(Int64)
    /// A binary floating-point number. Never for money: a binary fraction is not the decimal one
    /// that was meant.
    case real(Double)
    /// Text in UTF-8, which may hold NUL characters.
    case text(String)
    /// Bytes.
    case blob([UInt8])
}

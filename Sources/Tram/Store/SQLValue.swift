/// A value as a store keeps it.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// Never for money: a binary fraction is not the decimal one that was meant.
    case real(Double)
    case text(String)
    case blob([UInt8])
}

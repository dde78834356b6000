package import Tram

/// An exact amount of money, in cents. There is one currency, and it needs no name.
package struct Money: Hashable, Sendable, Comparable {
    package let cents: Int

    package static let zero = Money(cents: 0)

    package init(cents: Int) {
        self.cents = cents
    }

    /// Reads digits, optionally a point and one or two more: `4`, `4.5`, `12.34`, with at most twelve
    /// digits before the point. Everything else is nil: signs, exponents, commas, spaces, other
    /// scripts' digits.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isNumber = parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard isNumber, (1...2).contains(parts.count), parts[0].count <= 12,
            let whole = Int(String(parts[0]) ?? "")
        else { return nil }
        var fraction = 0
        if parts.count == 2 {
            guard parts[1].count <= 2, let digits = Int(String(parts[1]) ?? "") else { return nil }
            fraction = parts[1].count == 1 ? digits * 10 : digits
        }
        self.init(cents: whole * 100 + fraction)
    }

    /// Traps on overflow; amounts come from input of at most fourteen digits.
    package static func + (left: Money, right: Money) -> Money {
        Money(cents: left.cents + right.cents)
    }

    /// Traps on overflow.
    package static func - (left: Money, right: Money) -> Money {
        Money(cents: left.cents - right.cents)
    }

    /// The sum of amounts of unknown origin; nil when it is too large to be one.
    package static func checkedSum(_ amounts: some Sequence<Money>) -> Money? {
        var sum = 0
        for amount in amounts {
            let (next, hasOverflowed) = sum.addingReportingOverflow(amount.cents)
            if hasOverflowed { return nil }
            sum = next
        }
        return Money(cents: sum)
    }

    package static func < (left: Money, right: Money) -> Bool { left.cents < right.cents }

    /// The shortest exact JSON number: `4`, `4.5`, `12.34`.
    package var jsonNumber: String {
        let fixed = description
        if fixed.hasSuffix(".00") { return String(fixed.dropLast(3)) }
        return fixed.hasSuffix("0") ? String(fixed.dropLast()) : fixed
    }
}

extension Money: CustomStringConvertible {
    /// With two decimals: `4.00`.
    package var description: String {
        let fraction = abs(cents) % 100
        return "\(cents < 0 ? "-" : "")\(abs(cents) / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}

extension Money: SQLConvertible {
    package var sqlValue: SQLValue { cents.sqlValue }

    package static func from(_ value: SQLValue) -> Money? {
        Int.from(value).map(Money.init(cents:))
    }
}

package import Contracts

/// A customer and the credit that is reserved for the customer's orders.
package struct Customer: Hashable, Sendable, Codable {
    package let id: Int
    package let name: CustomerName
    package let creditLimit: Money
    /// The sum of the reservations. It never exceeds the limit.
    package internal(set) var reserved: Money

    package init(id: Int, name: CustomerName, creditLimit: Money, reserved: Money) {
        self.id = id
        self.name = name
        self.creditLimit = creditLimit
        self.reserved = reserved
    }

    package var available: Money { creditLimit - reserved }

    /// Reserves credit for an order, if so much is available; all of it may be used.
    ///
    /// - Returns: whether it was reserved.
    mutating func reserve(_ total: Money) -> Bool {
        guard total <= available else { return false }
        reserved = reserved + total
        return true
    }

    /// Frees what was reserved for an order.
    mutating func release(_ total: Money) {
        reserved = reserved - total
    }

    /// The keys of a customer that is stored as JSON, those of the customer over HTTP.
    private enum CodingKeys: String, CodingKey {
        case id = "customerId"
        case name
        case creditLimit
        case reserved
    }
}

/// A customer's name: 1 to 200 Unicode scalars, none of them a control character, with no white space
/// at either end.
package struct CustomerName: Hashable, Sendable, CustomStringConvertible {
    package static let lengths = 1...200

    package let description: String

    /// Trims the text; nil when what is left is no name.
    package init?(_ text: String) {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return nil }
        let trimmed = scalars[first...last]
        guard Self.lengths.contains(trimmed.count),
            !trimmed.contains(where: { $0.properties.generalCategory == .control })
        else { return nil }
        description = String(String.UnicodeScalarView(trimmed))
    }
}

extension CustomerName: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = CustomerName(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a customer's name")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private import FoundationEssentials

/// On the wire an amount is `{"amount": 12.34}`: an exact decimal number, as in the original.
extension Money: Codable {
    private enum CodingKeys: String, CodingKey {
        case amount
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let amount = try container.decode(Decimal.self, forKey: .amount)
        let cents = amount * 100
        guard cents.magnitude <= Decimal(Int.max / 2), let whole = Int("\(cents)") else {
            throw DecodingError.dataCorruptedError(
                forKey: .amount, in: container, debugDescription: "no amount of whole cents")
        }
        self.init(cents: whole)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Decimal(cents) / 100, forKey: .amount)
    }
}

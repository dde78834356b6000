package import Contracts
package import TramWorkbench

extension JSON {
    /// Money as it travels: `{"amount":12.34}`.
    package static func amount(_ money: Money?) -> JSON {
        money.map { ["amount": .number($0.jsonNumber)] } ?? .null
    }
}

extension JSONSchema {
    /// An amount of money: `{"amount": 12.34}`.
    package static let money = object(["amount": ["type": .string("number")]])
}

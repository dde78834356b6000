package import Contracts
package import Customers
package import TramWorkbench

extension Input {
    package static func amount(_ text: String, field: String) throws -> Money {
        guard let amount = Money(text) else {
            throw Problem.invalid(
                .amount, field: field, value: text, "an amount",
                help: "write digits, and a point with one or two decimals if needed, "
                    + "for example 4 or 12.34")
        }
        return amount
    }

    package static func positiveAmount(_ text: String, field: String) throws -> Money {
        let amount = try amount(text, field: field)
        guard amount > .zero else {
            throw Problem.invalid(
                .amount, field: field, value: text, "more than 0", help: "give an amount above 0")
        }
        return amount
    }

    package static func name(_ text: String, field: String) throws -> CustomerName {
        guard let name = CustomerName(text) else {
            throw Problem.invalid(
                .name, field: field, value: text, "a name",
                help: "give 1 to 200 characters, none of them a control character")
        }
        return name
    }
}

import Testing
import Tram

@testable import TramWorkbench

/// What an action is told is read by its fields, wherever it comes from.
@Suite struct ActionTests {
    private enum Leaf: String, CaseIterable {
        case black, green
    }

    private struct Sell: Action {
        static let name = "sell"
        static let summary = "Sell tea."
        static let service = "till"
        static let fields = [
            ActionField("customerId", .id, "Who buys.", example: .integer(1)),
            ActionField(
                "unitPrice", .number(in: "amount"), "For one.", example: ["amount": .integer(2)]),
            ActionField("leaf", .words(Leaf.allCases.map(\.rawValue)), "Of what tea."),
            ActionField("note", .string, "What to remember."),
            ActionField("isGift", .flag, "Whether to wrap it."),
        ]

        let customerID: Int
        let price: String
        let leaf: Leaf
        let note: String?
        let isGift: Bool

        init(_ input: ActionInput) throws {
            customerID = try input.read("customerId", Input.id)
            price = try input.read("unitPrice") { text, _ in text }
            leaf = try input.choice("leaf", .black)
            note = try input.readIfGiven("note") { text, field in "\(field): \(text)" }
            isGift = try input.flag("isGift")
        }

        func perform(in application: Shop, key: IdempotencyKey?) -> String { "sold" }
    }

    /// Values as the shell has them.
    private struct Given: ActionValues {
        let values: [String: String]
        func text(of field: ActionField) -> String? { values[field.name] }
        func name(of field: ActionField) -> String { field.optionName }
    }

    private func sell(_ values: [String: String]) throws -> Sell {
        try Sell(ActionInput(Sell.fields, Given(values: values)))
    }

    @Test func `what is not given has its default`() throws {
        let sale = try sell(["customerId": "7", "unitPrice": "2.50"])
        #expect(sale.customerID == 7 && sale.price == "2.50")
        #expect(sale.leaf == .black && sale.note == nil && !sale.isGift)
        let gift = try sell([
            "customerId": "7", "unitPrice": "2", "leaf": "green", "note": "ribbon",
            "isGift": "true",
        ])
        #expect(gift.leaf == .green && gift.isGift)
        #expect(gift.note == "note: ribbon")
    }

    @Test func `a bad value is named as the user knows it`() throws {
        let problem = try #require(
            throws: Problem.self, performing: { try sell(["customerId": "x", "unitPrice": "2"]) })
        #expect(problem.field == "customer-id" && problem.value == "x")
    }

    @Test func `a word that is not known is refused, wherever it comes from`() throws {
        let problem = try #require(throws: Problem.self) {
            try sell(["customerId": "7", "unitPrice": "2", "leaf": "blue"])
        }
        #expect(problem.field == "leaf" && problem.value == "blue")
    }

    @Test func `the fields tell the schema and a good example`() {
        #expect(
            Sell.schema.text
                == #"{"type":"object","properties":{"customerId":\#(JSONSchema.id.text),"#
                + #""unitPrice":{"type":"object","properties":{"amount":{"type":"number"}},"#
                + #""required":["amount"],"additionalProperties":false},"#
                + #""leaf":{"enum":["black","green"]},"note":{"type":"string"},"#
                + #""isGift":{"type":"boolean"}},"required":["customerId","unitPrice"],"#
                + #""additionalProperties":false}"#)
        #expect(Sell.example.text == #"{"customerId":1,"unitPrice":{"amount":2}}"#)
    }
}

import Contracts
import Testing

@testable import Customers

@Suite struct CustomerTests {
    private func customer(limit: Int, reserved: Int = 0) throws -> Customer {
        Customer(
            id: 1, name: try #require(CustomerName("Jane Doe")), creditLimit: Money(cents: limit),
            reserved: Money(cents: reserved))
    }

    @Test func `all of the limit can be reserved, and not a cent more`() throws {
        var customer = try customer(limit: 1000, reserved: 400)
        let isTooMuchReserved = customer.reserve(Money(cents: 601))
        #expect(!isTooMuchReserved)
        #expect(customer.reserved == Money(cents: 400))
        let isRestReserved = customer.reserve(Money(cents: 600))
        #expect(isRestReserved)
        #expect(customer.available == .zero)
    }

    @Test func `released credit is available again`() throws {
        var customer = try customer(limit: 1000, reserved: 1000)
        customer.release(Money(cents: 250))
        #expect(customer.available == Money(cents: 250))
    }

    @Test func `a name is trimmed and keeps what is inside`() {
        #expect(CustomerName("  Jane  Doe \n")?.description == "Jane  Doe")
        #expect(CustomerName("Zoë 🚋 李")?.description == "Zoë 🚋 李")
        #expect(CustomerName(String(repeating: "x", count: 200)) != nil)
        #expect(CustomerName(" " + String(repeating: "x", count: 200) + " ") != nil)
    }

    @Test(arguments: [
        "", " ", "\t\n", "a\nb", "a\u{0}b", "a\u{1B}[31m", "a\u{7F}", "a\u{85}b",
        String(repeating: "x", count: 201),
    ])
    func `anything else is no name`(text: String) {
        #expect(CustomerName(text) == nil)
    }
}

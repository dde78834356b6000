import Contracts
import Testing
import Tram

@Suite struct MoneyTests {
    @Test(arguments: [
        ("0", 0), ("4", 400), ("4.5", 450), ("4.05", 405), ("12.34", 1234), ("007", 700),
        ("999999999999.99", 99_999_999_999_999),
    ])
    func `an amount is read exactly`(text: String, cents: Int) {
        #expect(Money(text)?.cents == cents)
    }

    @Test(arguments: [
        "", " ", " 4", "4 ", "abc", "1e3", "NaN", "inf", "4.005", "4,50", "-4", "+4", "0x4", ".5",
        "4.", ".", "1.2.3", "1_000", "1000000000000", "٤", "４", "4\u{0301}", "4\0",
    ])
    func `anything else is no amount`(text: String) {
        #expect(Money(text) == nil)
    }

    @Test(arguments: [
        (0, "0.00", "0"), (5, "0.05", "0.05"), (400, "4.00", "4"), (450, "4.50", "4.5"),
        (1234, "12.34", "12.34"), (-1, "-0.01", "-0.01"),
    ])
    func `an amount is written with two decimals, and shortest in JSON`(
        cents: Int, text: String, number: String
    ) {
        #expect(Money(cents: cents).description == text)
        #expect(Money(cents: cents).jsonNumber == number)
    }

    @Test(arguments: [0, 1, 5, 10, 400, 450, 1234, 99_999_999_999_999])
    func `an amount survives the wire`(cents: Int) throws {
        let text = try WireFormat.encode(Money(cents: cents))
        #expect(text == "{\"amount\":\(Money(cents: cents).jsonNumber)}")
        #expect(try WireFormat.decode(Money.self, from: text).cents == cents)
    }

    @Test(arguments: ["4.001", "1e30", "\"4\"", "null", "99999999999999999999"])
    func `a number that is no amount of cents is refused`(number: String) {
        #expect(throws: WireFormatError.self) {
            try WireFormat.decode(Money.self, from: "{\"amount\":\(number)}")
        }
    }

    @Test func `an order's state leads along its life only`() {
        let allowed: [OrderState: Set<OrderState>] = [
            .pending: [.pending, .approved, .rejected, .cancelled],
            .approved: [.approved, .cancelled],
            .rejected: [.rejected],
            .cancelled: [.cancelled],
        ]
        for from in OrderState.allCases {
            for to in OrderState.allCases {
                #expect(from.leads(to: to) == allowed[from]?.contains(to), "\(from) to \(to)")
            }
        }
    }
}

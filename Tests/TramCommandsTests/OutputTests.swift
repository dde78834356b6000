import Testing

@testable import TramCommands

@Suite struct OutputTests {
    @Test func `a table's last column is not padded`() {
        let table = Table(
            columns: [.left("ORDER"), .right("TOTAL"), .left("NAME")],
            rows: [["1", "4.00", "x"], ["12345678", "123.00", "long name"]])
        #expect(
            table.text == """
                ORDER      TOTAL  NAME
                1           4.00  x
                12345678  123.00  long name

                """)
    }

    @Test func `things are counted in English`() {
        #expect(counted(0, "message") == "0 messages")
        #expect(counted(1, "delivery", plural: "deliveries") == "1 delivery")
        #expect(counted(2, "delivery", plural: "deliveries") == "2 deliveries")
    }
}

import Testing

@testable import TramCLI

@Suite struct OutputTests {
    @Test func `what could spoil a terminal is escaped`() {
        #expect(escaped("Zoë 🚋") == "Zoë 🚋")
        #expect(escaped("a\u{1B}[31mb") == #"a\u{1B}[31mb"#)
        #expect(escaped("\u{202E}evil\u{2066}") == #"\u{202E}evil\u{2066}"#)
        #expect(escaped("a\nb\u{85}c\u{2028}d") == #"a\u{A}b\u{85}c\u{2028}d"#)
    }

    @Test func `JSON keeps its keys' order and escapes what it must`() {
        let json: JSON = [
            "b": .string("a\"b\\c\n\u{1}\u{202E}ü"),
            "a": .array([.integer(1), .null, .bool(true)]),
        ]
        #expect(json.text == #"{"b":"a\"b\\c\n\u0001\u202eü","a":[1,null,true]}"#)
    }

    @Test func `JSON from a store is written on one line`() {
        #expect(
            JSON.text("{\"b\":[1.50,\"x\\ny\",null],\n \"a\":false}").text
                == #"{"a":false,"b":[1.5,"x\ny",null]}"#)
        #expect(JSON.text("no JSON").text == #""no JSON""#)
    }

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

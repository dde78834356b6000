import Testing
import TramWorkbench

@Suite struct JSONTests {
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
                == #"{"b":[1.50,"x\ny",null],"a":false}"#)
        #expect(JSON.text("no JSON").text == #""no JSON""#)
    }

    @Test(arguments: [
        "0", "-0.5", "12.34", "999999999999.99", "true", "false", "null", "[]", "{}",
        #"{"a":[{"b":null},"c"],"d":{}}"#, #""\u0041\ud83d\ude8b\n\/""#, #""\u0000""#,
        "\"Zoë 🚋\"", " \t\r\n[1 , 2]\n",
    ])
    func `JSON is read`(text: String) throws {
        let json = try JSON(parsing: Array(text.utf8))
        // What was written is read again, and the same.
        #expect(try JSON(parsing: Array(json.text.utf8)) == json)
    }

    @Test func `JSON is read as it was written`() throws {
        let json = try JSON(parsing: Array(#"{"z":4.50,"a":"\ud83d\ude8b\t"}"#.utf8))
        #expect(json == ["z": .number("4.50"), "a": .string("🚋\t")])
    }

    @Test(arguments: [
        ("", 0), ("   ", 3), ("{", 1), ("[1,]", 3), (#"{"a":1,}"#, 7), (#"{"a":1,"a":2}"#, 7),
        (#"{"a":1,"\u0061":2}"#, 7), ("1e3", 1), ("1E3", 1), ("01", 1), ("-", 1), ("1.", 2),
        (".5", 0), ("+1", 0), ("0x4", 1), ("NaN", 0), ("Infinity", 0), ("nul", 0), ("TRUE", 0),
        ("'a'", 0), ("{a:1}", 1), (#"{"a" 1}"#, 5), ("[1 2]", 3), ("[1]]", 3), ("1 2", 2),
        (#""\ud83d""#, 7), (#""\ude8b""#, 7), (#""\ud83dx""#, 7), (#""\ud83d\u0041""#, 13),
        (#""\x""#, 2), (#""\u12g4""#, 3), (#""abc"#, 4), ("\"a\nb\"", 2), ("\"\u{0}\"", 1),
        ("// c\n1", 0), ("\u{FEFF}1", 0),
    ])
    func `what is no strict JSON is refused, with its place`(text: String, offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) {
            try JSON(parsing: Array(text.utf8))
        }
        #expect(error?.offset == offset, "\(text): \(error?.reason ?? "")")
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] {
            #expect(throws: JSONSyntaxError.self) { try JSON(parsing: bytes) }
        }
    }

    @Test func `nesting has an end`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSON(parsing: nested(64))
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: nested(65)) }
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: nested(60_000)) }
    }

    @Test func `for people, what holds others is on lines of its own`() {
        let json: JSON = [
            "a": .integer(1), "b": ["c": .array([.integer(1), .integer(2)]), "d": .array([])],
            "e": .array([["f": .null]]),
        ]
        #expect(
            json.indentedText == """
                {
                  "a": 1,
                  "b": {
                    "c": [1,2],
                    "d": []
                  },
                  "e": [
                    {"f":null}
                  ]
                }
                """)
    }
}

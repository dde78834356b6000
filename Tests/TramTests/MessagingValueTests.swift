import Testing
import Tram

@Suite struct MessagingValueTests {
    @Test func `a message id is read and written in one form`() {
        #expect(MessageID("order:7") == MessageID(service: "order", number: 7))
        #expect(MessageID(service: "order", number: 7).description == "order:7")
        for text in [
            "", "order", "order:", ":7", "order:0", "order:-1", "order:07", "a:b:1", "order:7 ",
        ] {
            #expect(MessageID(text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        (1_577_880_295_612, "Wed, 01 Jan 2020 12:04:55 GMT", "2020-01-01T12:04:55.612Z"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"),
        (951_827_696_007, "Tue, 29 Feb 2000 12:34:56 GMT", "2000-02-29T12:34:56.007Z"),
        (4_107_542_399_999, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28T23:59:59.999Z"),
    ])
    func `a timestamp is written as in headers and as in logs`(
        milliseconds: Int, header: String, log: String
    ) {
        let timestamp = Timestamp(milliseconds: Int64(milliseconds))
        #expect(timestamp.httpDate == header)
        #expect(timestamp.rfc3339 == log)
    }

    @Test func `equal values are equal texts on the wire`() throws {
        #expect(try WireFormat.encode(["b": 1, "a": 2]) == #"{"a":2,"b":1}"#)
    }

    @Test func `what is wrong with a payload is said in one line`() throws {
        struct Greeting: Decodable {
            let text: String
        }
        func problem(_ json: String) -> String? {
            let result = Result { try WireFormat.decode(Greeting.self, from: json) }
            guard case .failure(let error) = result else { return nil }
            return "\(error)"
        }
        #expect(problem(#"{"text":"x","unknown":1}"#) == nil)
        #expect(problem("{}") == "the payload is not a valid Greeting: the key 'text' is missing")
        #expect(
            problem(#"{"text":1}"#)
                == "the payload is not a valid Greeting: a value has the wrong type at text")
        #expect(problem("no") == "the payload is not a valid Greeting: it is not JSON")
    }
}

import CustomersAndOrders
import Foundation
import TestSupport
import Testing
import Tram
import TramSQLite

@testable import TramWorkbench

/// What a change of the messages breaks, and whom.
@Suite struct SchemaChangesTests {
    private static let person =
        #"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#

    /// A document in which `people` sends to `mail`.
    private func document(
        type: String = "SignedUp", payload: String = person, kind: String = "event",
        headers: String = #"{"type":"object","properties":{"a":{}},"required":["a"]}"#,
        receivers: [String] = ["mail"], formerly: String = "", more: String = ""
    ) throws -> JSON {
        let operations = receivers.map {
            """
            "\($0).receives.Person":{"action":"receive","channel":{"$ref":"#/channels/Person"},
            "messages":[{"$ref":"#/channels/Person/messages/\(type)"}]\(formerly)}
            """
        }.map { "," + $0 }.joined()
        let text = """
            {"asyncapi":"3.0.0","channels":{"Person":{"messages":{
                "\(type)":{"$ref":"#/components/messages/\(type)"}\(more)}}},
            "operations":{"people.sends.Person":{"action":"send",
                "channel":{"$ref":"#/channels/Person"},
                "messages":[{"$ref":"#/channels/Person/messages/\(type)"}]}\(operations)},
            "components":{"messages":{
                "\(type)":{"name":"\(type)","tags":[{"name":"\(kind)"}],"headers":\(headers),
                    "payload":\(payload)},
                "More":{"name":"More","tags":[{"name":"\(kind)"}],"headers":{},"payload":{}}},
            "schemas":{"Money":{"type":"number"}}}}
            """
        return try JSON(parsing: Array(text.utf8))
    }

    private func breaks(_ old: JSON, _ new: JSON) throws -> [String] {
        try SchemaChanges(from: old, to: new).breaks.map { "\($0.message): \($0.text)" }
    }

    private func object(_ properties: String, required: String) -> String {
        #"{"type":"object","properties":{\#(properties)},"required":[\#(required)]}"#
    }

    @Test func `the same document breaks nothing`() throws {
        #expect(try breaks(document(), document()) == [])
        let system = try CustomersAndOrders(inMemoryWithClock: fixedClock)
        let own = try AsyncAPI(system).document
        #expect(try breaks(own, own) == [])
    }

    @Test func `a key that is newly required breaks new handlers`() throws {
        let new = object(
            #""name":{"type":"string"},"age":{"type":"integer"}"#, required: #""name","age""#)
        #expect(
            try breaks(document(), document(payload: new)) == [
                "SignedUp: the new mail cannot read what was sent before: 'age' is missing"
            ])
        // One that is optional breaks nobody.
        let optional = object(
            #""name":{"type":"string"},"age":{"type":"integer"}"#, required: #""name""#)
        #expect(try breaks(document(), document(payload: optional)) == [])
        #expect(
            try breaks(document(payload: optional), document(payload: new)) == [
                "SignedUp: the new mail cannot read what was sent before: 'age' may be missing"
            ])
    }

    @Test func `a key that is gone, or may be, breaks old programs`() throws {
        let gone = object("", required: "")
        #expect(
            try breaks(document(), document(payload: gone)) == [
                "SignedUp: the old mail cannot read what is sent now: 'name' is missing"
            ])
        let optional = object(#""name":{"type":"string"}"#, required: "")
        #expect(
            try breaks(document(), document(payload: optional)) == [
                "SignedUp: the old mail cannot read what is sent now: 'name' may be missing"
            ])
    }

    @Test func `a type that has changed breaks both, and a wider one the old`() throws {
        func money(_ type: String) -> String {
            object(#""sum":{"type":"object","properties":{"of":\#(type)}}"#, required: #""sum""#)
        }
        let text = try document(payload: money(#"{"type":"string"}"#))
        let number = try document(payload: money(##"{"$ref":"#/components/schemas/Money"}"##))
        let integer = try document(payload: money(#"{"type":"integer"}"#))
        let orNull = try document(payload: money(#"{"type":["integer","null"]}"#))
        #expect(
            try breaks(text, number) == [
                "SignedUp: the new mail cannot read what was sent before: 'sum.of' is a string, not "
                    + "a number",
                "SignedUp: the old mail cannot read what is sent now: 'sum.of' is a number, not a "
                    + "string",
            ])
        #expect(
            try breaks(integer, number) == [
                "SignedUp: the old mail cannot read what is sent now: 'sum.of' is a number, not an "
                    + "integer"
            ])
        #expect(
            try breaks(integer, orNull) == [
                "SignedUp: the old mail cannot read what is sent now: 'sum.of' is null, not an "
                    + "integer"
            ])
        let either = try document(
            payload: money(#"{"oneOf":[{"type":"integer"},{"type":"null"}]}"#))
        #expect(try breaks(orNull, either) == [])
    }

    @Test func `a word that receivers do not know breaks them`() throws {
        func words(_ words: String) throws -> JSON {
            try document(payload: object(#""kind":{"enum":[\#(words)]}"#, required: #""kind""#))
        }
        let few = try words(#""a","b""#)
        let many = try words(#""a","b","c""#)
        #expect(
            try breaks(few, many) == [
                "SignedUp: the old mail cannot read what is sent now: 'kind' may be \"c\", which is "
                    + "not known"
            ])
        #expect(
            try breaks(many, few) == [
                "SignedUp: the new mail cannot read what was sent before: 'kind' may be \"c\", "
                    + "which is not known"
            ])
    }

    @Test func `a payload that is of another type as a whole is told, too`() throws {
        #expect(
            try breaks(document(), document(payload: #"{"type":"array"}"#)) == [
                "SignedUp: the new mail cannot read what was sent before: the payload is an object, "
                    + "not an array",
                "SignedUp: the old mail cannot read what is sent now: the payload is an array, not "
                    + "an object",
            ])
    }

    @Test func `a narrower range breaks who reads it, also in a list`() throws {
        func list(_ minimum: Int) throws -> JSON {
            let items = #"{"type":"integer","minimum":\#(minimum)}"#
            return try document(
                payload: object(#""list":{"type":"array","items":\#(items)}"#, required: ""))
        }
        #expect(
            try breaks(list(0), list(1)) == [
                "SignedUp: the new mail cannot read what was sent before: 'list.[]' may be less "
                    + "than 1"
            ])
    }

    @Test func `a renamed event breaks old programs, and new ones that do not know its old name`()
        throws
    {
        let old = try document(type: "Registered")
        #expect(
            try breaks(old, document()) == [
                "Registered: the new mail does not receive what was sent before",
                "Registered: the old mail waits for it, and it is not sent any more",
            ])
        let known = try document(formerly: #","x-formerly":{"SignedUp":["Registered"]}"#)
        #expect(
            try breaks(old, known) == [
                "Registered: the old mail waits for it, and it is not sent any more"
            ])
        // Who no longer listens to what is still sent misses nothing.
        #expect(try breaks(document(receivers: ["mail", "log"]), document()) == [])
    }

    @Test(arguments: ["command", "reply"])
    func `a renamed command or reply is read by who knows its old name`(kind: String) throws {
        let old = try document(type: "Registered", kind: kind)
        let known = try document(
            kind: kind, formerly: #","x-formerly":{"SignedUp":["Registered"]}"#)
        let hitsTheOld = [
            "Registered: the old mail waits for it, and it is not sent any more",
            "SignedUp: the old mail does not know it",
        ]
        #expect(try breaks(old, known) == hitsTheOld)
        #expect(
            try breaks(old, document(kind: kind))
                == ["Registered: the new mail does not receive what was sent before"] + hitsTheOld)
    }

    @Test func `who reads an older form is not hit by it`() throws {
        let new = object(
            #""name":{"type":"string"},"age":{"type":"integer"}"#, required: #""name","age""#)
        let reads = try document(
            payload: new, formerly: #","x-formerly":{"SignedUp":["SignedUp"]}"#)
        #expect(try breaks(document(), reads) == [])
    }

    @Test func `a command without its receiver, and a new one for an old receiver, break`() throws {
        let command = try document(kind: "command")
        #expect(
            try breaks(command, document(kind: "command", receivers: ["log"])) == [],
            "another one does it")
        #expect(
            try breaks(command, document(kind: "command", receivers: [])) == [
                "SignedUp: the new mail does not receive what was sent before"
            ])
        let more = try document(
            kind: "command", more: ##","More":{"$ref":"#/components/messages/More"}"##)
        #expect(try breaks(command, more) == ["More: the old mail does not know it"])
        #expect(
            try breaks(
                document(), document(more: ##","More":{"$ref":"#/components/messages/More"}"##))
                == [], "an event that nobody has heard of hits nobody")
    }

    @Test
    func `a header that is gone breaks old programs, and one that is newly required new ones`()
        throws
    {
        let two = #"{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"]}"#
        let optional = #"{"type":"object","properties":{"a":{},"b":{}},"required":["a"]}"#
        #expect(try breaks(document(), document(headers: optional)) == [])
        #expect(
            try breaks(document(), document(headers: two)) == [
                "SignedUp: the new mail cannot read what was sent before: the header 'b' is missing"
            ])
        #expect(
            try breaks(document(headers: two), document()) == [
                "SignedUp: the old mail cannot read what is sent now: the header 'b' is missing"
            ])
    }

    @Test(arguments: [
        "{}", "[]", #"{"asyncapi":"3.0.0"}"#,
        #"{"asyncapi":"3.0.0","channels":{},"operations":{"x":{}}}"#,
        ##"{"asyncapi":"3.0.0","channels":{"C":{"messages":{"M":{"$ref":"#/gone"}}}},"##
            + #""operations":{}}"#,
        ##"{"asyncapi":"3.0.0","channels":{"C":{"messages":{"M":{"$ref":"#/m"}}}},"##
            + #""operations":{},"m":{"name":"M"}}"#,
        #"{"asyncapi":"3.0.0","channels":{"C":{"messages":[]}},"operations":{}}"#,
        ##"{"asyncapi":"3.0.0","channels":{"C":{"messages":{}}},"operations":{"s.sends.C":"##
            + ##"{"action":"send","channel":{"$ref":"#/channels/C"},"messages":{}}}}"##,
    ])
    func `another document cannot be compared`(text: String) throws {
        let json = try JSON(parsing: Array(text.utf8))
        #expect(throws: SchemaDocumentError.self) {
            try SchemaChanges(from: json, to: document())
        }
    }

    @Test func `schemas that refer to themselves are compared, too`() throws {
        let payload = ##"{"$ref":"#/components/messages/SignedUp/payload"}"##
        #expect(try breaks(document(payload: payload), document(payload: payload)) == [])
        for word in ["oneOf", "anyOf"] {
            let circle = "{\"\(word)\":[\(payload),\(payload),{\"type\":\"string\"}]}"
            let number = try document(payload: #"{"type":"number"}"#)
            #expect(try breaks(document(payload: circle), document(payload: circle)) == [])
            #expect(
                try breaks(document(payload: circle), number).first
                    == "SignedUp: the new mail cannot read what was sent before: the payload is a "
                    + "string, not a number")
        }
    }

    /// A schema that refers to itself from several keys, and has a number of another type each.
    private func selfReferring(_ number: String, keys: Int = 12) -> String {
        let reference = ##"{"$ref":"#/components/messages/SignedUp/payload"}"##
        let keys = (1...keys).map { #""k\#($0)":\#(reference)"# }.joined(separator: ",")
        return object(##""number":{"type":"\##(number)"},\##(keys)"##, required: #""number""#)
    }

    /// A chain of schemas, each of which refers to the next one from two keys.
    private func chain(_ type: String, length: Int) -> String {
        (0..<length).reduce(#"{"type":"\#(type)"}"#) { inner, _ in
            object(#""a":\#(inner),"b":\#(inner)"#, required: #""a""#)
        }
    }

    @Test func `each pair of schemas is compared once, however many keys refer to it`() throws {
        func compare(_ old: String, _ new: String) throws -> ([String], Int) {
            let old = try DescribedMessages(document(payload: old))
            let new = try DescribedMessages(document(payload: new))
            var known = KnownMisfits()
            let misfits = SchemaCompatibility(written: old, read: new).misfits(
                old.messages[0].payload, new.messages[0].payload, &known)
            return (misfits.map(\.path), known.comparisons)
        }
        var (misfits, comparisons) = try compare(
            selfReferring("integer"), selfReferring("number"))
        #expect(misfits == [])
        #expect(comparisons == 2)
        (misfits, comparisons) = try compare(selfReferring("integer"), selfReferring("string"))
        #expect(misfits == ["number"], "it is told where it is met first")
        #expect(comparisons == 2)
        (misfits, comparisons) = try compare(
            chain("integer", length: 10), chain("string", length: 10))
        #expect(misfits.count == KnownMisfits.limit)
        #expect(misfits.first == "a.a.a.a.a.a.a.a.a.a")
        #expect(comparisons == 11)
    }

    @Test func `what was assumed of a pair is forgotten when it does not fit`() throws {
        // The second one is met inside the first, which is assumed to fit, and then by itself.
        func document(_ number: String) throws -> DescribedMessages {
            func to(_ name: String) -> String {
                ##"{"$ref":"#/components/schemas/\##(name)"}"##
            }
            let first = object(
                #""number":{"type":"\#(number)"},"second":\#(to("Second"))"#, required: #""number""#
            )
            let second = object(#""first":\#(to("First"))"#, required: "")
            let payload = object(
                #""a":\#(to("First")),"b":\#(to("Second"))"#, required: "")
            var text = try self.document(payload: payload).text
            text = text.replacingOccurrences(
                of: #""Money":{"#, with: #""First":\#(first),"Second":\#(second),"Money":{"#)
            return try DescribedMessages(JSON(parsing: Array(text.utf8)))
        }
        let (old, new) = try (document("integer"), document("string"))
        let misfits = SchemaCompatibility(written: old, read: new).misfits(
            old.messages[0].payload, new.messages[0].payload)
        #expect(misfits.map(\.path) == ["a.number", "b.first.number"])
    }

    @Test func `receivers tell the former names that they read`() throws {
        struct Moved: DomainEvent {
            static let eventType = "Moved"
            static let channel: EventChannel = "Person"
        }
        let subscriber = DomainEventHandlers(
            "mail", [.on(Moved.self, formerly: "Left", "Gone") { _, _ in .handled() }])
        let service = try Service(
            store: SQLiteStore(
                inMemory: "mail", schema: Schema(applicationID: 1, library: LibraryTables.messaging)
            ),
            subscribers: [CombinedSubscriber("mail", [subscriber])])
        let names = JSON.object(AsyncAPI.formerNames(of: service, on: "Person"))
        #expect(names.text == #"{"x-formerly":{"Moved":["Left","Gone"]}}"#)
        #expect(AsyncAPI.formerNames(of: service, on: "Other") == [])
        struct Move: Command { static let commandType = "Move" }
        let participant = CommandHandlers(
            "mover", on: "moves", [.on(Move.self, formerly: "Shift") { _, _ in .success() }])
        let mover = try Service(
            store: SQLiteStore(
                inMemory: "mover",
                schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas)),
            subscribers: [CombinedSubscriber("mover", [participant])])
        #expect(
            JSON.object(AsyncAPI.formerNames(of: mover, on: "moves")).text
                == #"{"x-formerly":{"Move":["Shift"]}}"#)
    }
}

import Foundation
import Testing

@testable import TramWorkbench

/// Schemas are found by decoding: whatever a type asks for is what its JSON must have.
@Suite struct SchemaProbeTests {
    private struct Address: Codable {
        let street: String
        let number: UInt8
    }

    private enum Mood: String, Codable, CaseIterable {
        case merry = "MERRY"
        case sad = "SAD"
    }

    private struct Person: Codable {
        let personId: Int
        let age: Int
        let height: Double
        let isHome: Bool
        let mood: Mood
        let address: Address
        let nickname: String?
        let friends: [Int]
        let cards: [Address]
        let marks: [String: Int]
    }

    /// Takes no value but a good one.
    private struct PostCode: SchemaDescribed {
        static let schema: JSON = ["type": .string("string"), "pattern": .string("^[0-9]{5}$")]
        static var example: PostCode { PostCode(digits: "12345") }

        let digits: String

        init(digits: String) {
            self.digits = digits
        }

        init(from decoder: any Decoder) throws {
            digits = try decoder.singleValueContainer().decode(String.self)
            struct IsNotOne: Error {}
            guard digits.count == 5 else { throw IsNotOne() }
        }
    }

    private func text(
        _ type: any Decodable.Type, components: [any (Decodable & Sendable).Type] = []
    ) throws -> String {
        try SchemaProbe(components: components).schema(of: type).text
    }

    @Test func `each key of a type has the schema of its type`() throws {
        let id = JSONSchema.id.text
        let address =
            #"{"type":"object","properties":{"street":{"type":"string"},"#
            + #""number":{"type":"integer"}},"required":["street","number"],"#
            + #""additionalProperties":false}"#
        #expect(try text(Address.self) == address)
        #expect(
            try text(Person.self)
                == #"{"type":"object","properties":{"personId":\#(id),"age":{"type":"integer"},"#
                + #""height":{"type":"number"},"isHome":{"type":"boolean"},"#
                + #""mood":{"enum":["MERRY","SAD"]},"address":\#(address),"#
                + #""nickname":{"type":"string"},"friends":{"type":"array","items":"#
                + #"{"type":"integer"}},"cards":{"type":"array","items":\#(address)},"#
                + #""marks":{"type":"object"}},"required":["personId","age","height","isHome","#
                + #""mood","address","friends","cards","marks"],"additionalProperties":false}"#)
    }

    @Test func `a component is described once and referred to`() throws {
        let address = ##"{"$ref":"#/components/schemas/Address"}"##
        let person = try text(Person.self, components: [Address.self])
        #expect(person.contains(#""address":\#(address)"#))
        #expect(person.contains(#""cards":{"type":"array","items":\#(address)}"#))
        #expect(try text(Address.self, components: [Address.self]) == address)
    }

    @Test func `a type that looks at what it reads describes itself`() throws {
        struct Letter: Decodable {
            let to: PostCode
        }
        #expect(try text(Letter.self).contains(#""to":{"type":"string","pattern":"^[0-9]{5}$"}"#))
    }

    @Test func `ids and addresses that look at their text are known`() throws {
        struct Parcel: Decodable {
            let id: UUID
            let home: URL
        }
        let schema = try text(Parcel.self)
        #expect(schema.contains(#""id":{"type":"string","format":"uuid"}"#))
        #expect(schema.contains(#""home":{"type":"string","format":"uri"}"#))
    }

    @Test func `of a type that holds itself, and of one that takes no sample, the author is told`()
        throws
    {
        struct Node: Decodable {
            let children: [Node]
        }
        #expect(throws: SchemaUnknown.self) { try text(Node.self) }
        struct Even: Decodable {
            init(from decoder: any Decoder) throws {
                struct IsOdd: Error {}
                throw IsOdd()
            }
        }
        #expect(throws: (any Error).self) { try text(Even.self) }
        let problem = SchemaUnknown(reason: "Node holds itself", message: "Grown").problem
        #expect(problem.message.contains("'Grown'") && problem.code == .bug)
    }
}

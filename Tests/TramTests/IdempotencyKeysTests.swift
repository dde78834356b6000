import TestSupport
import Testing
import Tram
import TramSQLite

@Suite struct IdempotencyKeysTests {
    let store: SQLiteStore
    let clock = TestClock()

    init() throws {
        store = try SQLiteStore(
            inMemory: "test",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messaging,
                migrations: [["CREATE TABLE note (text TEXT NOT NULL) STRICT"]]),
            clock: { [clock] in clock.now })
    }

    final class TestClock {
        var now = Timestamp(milliseconds: 1000)
    }

    struct Request: Encodable {
        var note: String
    }

    struct Answer: Codable, Equatable {
        var number: Int
        var note: String?
    }

    struct Refused: Error {}

    /// Writes a note, and answers how many there are.
    @discardableResult
    private func write(_ note: String, _ key: String?) throws -> Answer {
        let key = try key.map { try #require(IdempotencyKey($0)) }
        return try store.write { transaction in
            try IdempotencyKeys(transaction).answer(key, to: Request(note: note)) {
                try transaction.execute("INSERT INTO note VALUES (\(note))")
                if note == "refused" { throw Refused() }
                return Answer(number: try count(in: transaction), note: note)
            }
        }
    }

    private func count(in transaction: any Transaction) throws -> Int {
        try transaction.rows("SELECT count(*) FROM note")[0].values()
    }

    private func count() throws -> Int { try store.read(count) }

    @Test func `a key is 1 to 200 visible ASCII characters`() {
        let visible = String(
            String.UnicodeScalarView((0x21...0x7E).compactMap(Unicode.Scalar.init)))
        for text in ["x", visible, String(repeating: "k", count: 200)] {
            #expect(IdempotencyKey(text)?.description == text)
        }
        for text in [
            "", " ", "a b", "a\t", "a\n", "\u{7F}", "é", "\u{0}",
            String(repeating: "k", count: 201),
        ] {
            #expect(IdempotencyKey(text) == nil, "\(text.debugDescription)")
        }
    }

    @Test func `the same request has the first answer, and one effect`() throws {
        #expect(try write("a", "k") == Answer(number: 1, note: "a"))
        try write("b", nil)
        #expect(try write("a", "k") == Answer(number: 1, note: "a"))
        #expect(try count() == 2)
    }

    @Test func `without a key, every request is carried out`() throws {
        #expect(try write("a", nil).number == 1)
        #expect(try write("a", nil).number == 2)
    }

    @Test func `another request is refused, also one that only looks the same`() throws {
        try write("\u{E9}", "k")
        for note in ["e", "e\u{301}"] {
            #expect(throws: IdempotencyKeyReused.self) { try write(note, "k") }
        }
        #expect(try count() == 1)
    }

    @Test func `a request that throws leaves neither its effect nor its key`() throws {
        #expect(throws: Refused.self) { try write("refused", "k") }
        #expect(try count() == 0)
        #expect(try write("a", "k").number == 1)
    }

    @Test func `one transaction finds the keys that it has stored`() throws {
        let answers = try store.batch { try [write("a", "k"), write("a", "k")] }
        #expect(answers.map(\.number) == [1, 1])
        #expect(try count() == 1)
    }

    @Test func `old keys are purged, and their requests carried out again`() throws {
        try write("a", "old")
        clock.now = Timestamp(milliseconds: 2000)
        try write("b", "new")
        // A repetition does not make a key younger.
        try write("a", "old")
        let relay = try Relay(wholeSystem: [Service(store: store, subscribers: [])])
        func purge(olderThan age: Int?) throws -> Int? {
            try relay.purge(PurgeBounds(olderThan: age.map { .milliseconds($0) })).freed.first?.keys
        }
        #expect(try purge(olderThan: nil) == 0, "keys go by their age alone")
        #expect(try purge(olderThan: 5000) == 0)
        #expect(try purge(olderThan: 1000) == 1)
        #expect(try write("b", "new").number == 2)
        #expect(try write("a", "old").number == 3)
        #expect(try purge(olderThan: 0) == 2)
    }

    @Test func `an answer that was changed is damage`() throws {
        try write("a", "k")
        for answer in ["", "{}", "[]", "no"] {
            _ = try store.write { try $0.execute("UPDATE idempotency_key SET answer = \(answer)") }
            let error = #expect(throws: StoreError.self) { try write("a", "k") }
            #expect("\(error.map(\.description) ?? "")".hasPrefix("unexpected row: "))
        }
    }
}

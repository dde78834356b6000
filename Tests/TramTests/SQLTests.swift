import Testing
import Tram

@Suite struct SQLTests {
    @Test func `an interpolation is a bound parameter, never text`() {
        let name = "Robert'); DROP TABLE customer; --"
        let id = 7
        let statement: SQL = "SELECT 1 WHERE name = \(name) AND id = \(id)"
        #expect(statement.text == "SELECT 1 WHERE name = $1 AND id = $2")
        #expect(statement.values == [.text(name), .integer(7)])
    }

    @Test func `nil binds NULL`() {
        let nothing: Int? = nil
        let statement: SQL = "SELECT \(nothing), \(Optional("x"))"
        #expect(statement.values == [.null, .text("x")])
    }

    @Test func `a row gives the values that the context asks for`() throws {
        let row = Row([.integer(1), .text("one"), .null])
        let (number, text, nothing): (Int, String, String?) = try row.values()
        #expect(number == 1)
        #expect(text == "one")
        #expect(nothing == nil)
    }

    @Test func `a value of another type is an error`() {
        #expect(throws: StoreError.self) {
            let _: String = try Row([.integer(1)]).values()
        }
        #expect(throws: StoreError.self) {
            let _: (Int, Int) = try Row([.integer(1)]).values()
        }
        #expect(throws: StoreError.self) {
            let _: Int = try Row([.null]).values()
        }
    }
}

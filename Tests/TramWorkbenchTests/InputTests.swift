import Testing
import TramWorkbench

@Suite struct InputTests {
    @Test func `durations have a unit`() throws {
        #expect(try Input.duration("250ms", field: "x") == 250)
        #expect(try Input.duration("0s", field: "x") == 0)
        #expect(try Input.duration("5s", field: "x") == 5000)
        #expect(try Input.duration("2m", field: "x") == 120_000)
        #expect(try Input.duration("1h", field: "x") == 3_600_000)
        for text in ["", "5", "s", "-1s", "1.5s", "5 s", "5S", "5sec", "99999999s", "٥s"] {
            #expect(throws: Problem.self, "\(text)") { try Input.duration(text, field: "x") }
        }
    }

    @Test func `ids are positive whole numbers in one form`() throws {
        #expect(try Input.id("1", field: "id") == 1)
        #expect(try Input.id("9223372036854775807", field: "id") == .max)
        for text in ["", "0", "-1", "+1", "01", "1.0", "1e3", " 1", "9223372036854775808", "x"] {
            #expect(throws: Problem.self, "\(text)") { try Input.id(text, field: "id") }
        }
    }
}

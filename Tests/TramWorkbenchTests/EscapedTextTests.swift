import Testing
import TramWorkbench

@Suite struct EscapedTextTests {
    @Test func `what could spoil a terminal is escaped`() {
        #expect(escaped("Zoë 🚋") == "Zoë 🚋")
        #expect(escaped("a\u{1B}[31mb") == #"a\u{1B}[31mb"#)
        #expect(escaped("\u{202E}evil\u{2066}") == #"\u{202E}evil\u{2066}"#)
        #expect(escaped("a\nb\u{85}c\u{2028}d") == #"a\u{A}b\u{85}c\u{2028}d"#)
    }
}

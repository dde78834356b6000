import CPlatform
import Foundation
import Platform
import Testing

@Suite struct ProgramTests {
    @Test func `the arguments are those of the process`() {
        #expect(Program.arguments() == Array(ProcessInfo.processInfo.arguments.dropFirst()))
        #expect(Program.firstArgumentThatIsNotUTF8() == nil)
        #if canImport(Glibc)
            #expect(tram_argument_count() == CommandLine.argc, "the C library has handed them over")
        #endif
    }

    /// It reads a file that cannot always be opened, and has no arguments then.
    @Test func `nothing relies on CommandLine but one place, where nothing else is known`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources").standardized.path
        let files = try #require(FileManager.default.enumerator(atPath: root))
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
        try #require(files.count > 100)
        let users = try files.filter {
            try String(contentsOfFile: root + "/" + $0, encoding: .utf8).contains("CommandLine.")
        }
        #expect(users == ["Platform/Program.swift"])
    }
}

import Foundation
import TestSupport
import Testing

/// The README's walkthrough, typed into a shell and compared with what it promises.
@Suite struct ReadmeTests {
    @Test func `the walkthrough prints what the README says`() throws {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(
            contentsOf: project.appendingPathComponent("README.md"), encoding: .utf8)
        let steps = Self.steps(in: readme)
        #expect(steps.count > 15)

        let directory = try TemporaryDirectory()
        let programs = URL(fileURLWithPath: TramProcess.program).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for step in steps {
            let result = try shell(
                "cd '\(directory.path)' && { \(step.command); } 2>&1",
                environment: ["PATH": programs + ":" + path])
            #expect(result.output == step.output, "\(step.command)")
        }
    }

    /// The commands of the README's `console` blocks, with what they print.
    private static func steps(in readme: String) -> [(command: String, output: String)] {
        var steps: [(command: String, output: String)] = []
        var isInBlock = false
        for line in readme.components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                isInBlock = line == "```console"
            } else if isInBlock, line.hasPrefix("$ ") {
                steps.append((String(line.dropFirst(2)), ""))
            } else if isInBlock {
                steps[steps.count - 1].output += line + "\n"
            }
        }
        return steps
    }
}

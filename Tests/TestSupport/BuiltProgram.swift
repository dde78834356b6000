private import Foundation

/// A program of this package.
package enum BuiltProgram {
    /// Where it was built: beside the tests' own executable.
    package static func path(_ name: String) -> String {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return tests.appendingPathComponent(name).path
    }
}

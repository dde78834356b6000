import Platform
import TestSupport
import Testing

/// Waits until the process has written just this to its standard output.
func waitForOutput(
    _ text: String, of process: ChildProcess, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let deadline = MonotonicTime.now() + 20_000
    while try process.outputSoFar() != text {
        try #require(MonotonicTime.now() < deadline, sourceLocation: sourceLocation)
        MonotonicTime.sleep(milliseconds: 2)
    }
}

import RentalProgram
import TestSupport
import Testing

/// What the workbench says is about the application at hand.
@Suite struct OwnWordsTests {
    @Test func `no help speaks of another application`() throws {
        let help = try ChildProcess(
            BuiltProgram.path("RentalProgram"), ["--experimental-dump-help"]
        ).wait().output
        #expect(help.contains("rental relay run"))
        for foreign in ["customer", "order:", "history", "tram ", "'tram", "trips"] {
            #expect(!help.contains(foreign), "\(foreign)")
        }
    }
}

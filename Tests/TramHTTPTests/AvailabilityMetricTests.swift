import Foundation
import Testing

@testable import TramHTTP

/// A service that is away is told as such, and not left out in silence.
@Suite struct AvailabilityMetricTests {
    @Test func `a store that is gone is told, and so is its return`() async throws {
        let depot = try ServedDepot()
        _ = await depot.take("tea")
        var text = await depot.ask("GET", "/metrics").text
        #expect(text.contains("tram_service_available{service=\"depot\"} 1\n"))
        #expect(text.contains("tram_service_available{service=\"board\"} 1\n"))
        #expect(text.contains("tram_outbox_backlog{outbox=\"board\"} 0\n"))

        let files = FileManager.default
        let board = depot.data + "/board.db"
        try files.moveItem(atPath: board, toPath: board + "-away")
        // Each of the threads that answer finds out for itself.
        for _ in 1...(2 * Workers.readers) {
            text = await depot.ask("GET", "/metrics").text
            #expect(text.contains("tram_service_available{service=\"depot\"} 1\n"))
            #expect(text.contains("tram_service_available{service=\"board\"} 0\n"))
            #expect(text.contains("tram_outbox_backlog{outbox=\"depot\"} 1\n"))
            #expect(!text.contains("{outbox=\"board\"}"), "nothing old is told")
            #expect(!text.contains("\ndepot_announced{"))
        }
        let status = await depot.ask("GET", "/relay/status").text
        #expect(status.contains(#""unavailable":["board"]"#))

        // Another file than the one that was open.
        try files.copyItem(atPath: board + "-away", toPath: board)
        for _ in 1...20 {
            text = await depot.ask("GET", "/metrics").text
            if !text.contains("{service=\"board\"} 0") { break }
        }
        for _ in 1...(4 * Workers.readers) { text = await depot.ask("GET", "/metrics").text }
        #expect(text.contains("tram_service_available{service=\"board\"} 1\n"))
        #expect(text.contains("tram_outbox_backlog{outbox=\"board\"} 0\n"))
    }
}

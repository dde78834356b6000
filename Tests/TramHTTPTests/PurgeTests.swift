import Foundation
import Platform
import Testing
import TramWorkbench

@testable import TramHTTP

/// The purge over HTTP.
@Suite struct PurgeTests {
    private static let freed =
        #""messages":2,"handled":1,"sagas":0,"keys":0,"stores":["#
        + #"{"store":"depot","messages":2,"handled":0,"sagas":0,"keys":0},"#
        + #"{"store":"board","messages":0,"handled":1,"sagas":0,"keys":0}],"kept":[]}"#

    /// A depot whose two messages have been handled. What its inbox remembers of the last one stays.
    private func depot(lockTimeout: Int = 5000) async throws -> ServedDepot {
        let depot = try ServedDepot(lockTimeout: lockTimeout)
        for content in ["tea", "rice"] { _ = await depot.take(content) }
        _ = await depot.ask("POST", "/relay/run")
        return depot
    }

    @Test func `what nobody needs is freed, and counted`() async throws {
        let depot = try await depot()
        let rehearsal = await depot.ask("POST", "/purge?dryRun=true")
        #expect(rehearsal == (200, #"{"dryRun":true,"# + Self.freed))
        #expect(!(await depot.ask("GET", "/metrics").text).contains("\ntram_purged_total{"))
        let old = await depot.ask("POST", "/purge?olderThan=7d")
        #expect(old.text.hasPrefix(#"{"dryRun":false,"messages":0,"handled":0,"#), "\(old)")
        let purge = await depot.ask("POST", "/purge?dryRun=false")
        #expect(purge == (200, #"{"dryRun":false,"# + Self.freed))
        let metrics = await depot.ask("GET", "/metrics").text
        #expect(metrics.contains("\ntram_purged_total{store=\"depot\",kind=\"messages\"} 2\n"))
        #expect(metrics.contains("\ntram_purged_total{store=\"board\",kind=\"handled\"} 1\n"))
        #expect(await depot.ask("POST", "/purge").text.contains(#""messages":0"#))
    }

    @Test func `one service's store can be chosen`() async throws {
        let depot = try await depot()
        let purge = await depot.ask("POST", "/purge?service=depot")
        #expect(purge.text.contains(#""messages":2,"handled":0"#), "\(purge)")
        #expect(!purge.text.contains("board"))
    }

    @Test(arguments: [
        ("service=attic", 404, "service-not-found"), ("dryRun=1", 400, "invalid-query"),
        ("olderThan=soon", 400, "invalid-duration"), ("older-than=7d", 400, "invalid-query"),
    ]) func `what makes no sense is refused`(query: String, status: Int, code: String) async throws
    {
        let depot = try await depot()
        let answer = await depot.ask("POST", "/purge?" + query)
        #expect(answer.status == status)
        #expect(answer.text.contains("\"code\":\"\(code)\""), "\(answer.text)")
        #expect(await depot.ask("GET", "/purge").status == 405)
        #expect(await depot.ask("POST", "/purge") == (200, #"{"dryRun":false,"# + Self.freed))
    }

    @Test func `beside a relay at work it is refused, with nothing freed`() async throws {
        let depot = try await depot(lockTimeout: 100)
        let lock = try FileLock(path: depot.data + "/relay-lock")
        #expect(try lock.acquire(waitingAtMost: 5000))
        let refused = await depot.ask("POST", "/purge")
        #expect(refused.status == 503)
        #expect(refused.text.contains(#""code":"relay-busy""#), "\(refused.text)")
        lock.release()
        #expect(await depot.ask("POST", "/purge") == (200, #"{"dryRun":false,"# + Self.freed))
    }

    @Test func `while a service is away it is refused, with nothing freed`() async throws {
        let depot = try await depot()
        let board = depot.data + "/board.db"
        try FileManager.default.moveItem(atPath: board, toPath: board + "-away")
        let refused = await depot.ask("POST", "/purge")
        #expect(refused.status == 500)
        #expect(refused.text.contains(#""code":"store-damaged""#), "\(refused.text)")
        try FileManager.default.moveItem(atPath: board + "-away", toPath: board)
        #expect(await depot.ask("POST", "/purge") == (200, #"{"dryRun":false,"# + Self.freed))
    }
}

import Foundation
import TestSupport
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// An application adds rules of its own: always, at rest, and about one store.
@Suite struct OwnRulesTests {
    private static let together = "all rules about what the services say together"
    private static let atRest = [
        "at rest, every saga has ended and holds no lock",
        "at rest, a sale is SOLD exactly when its cake is baked",
    ]

    private func bakery() throws -> CarefulBakery {
        let bakery = try CarefulBakery(inMemoryWithClock: fixedClock)
        try bakery.sell("apple")
        try bakery.relayUntilIdle()
        #expect(try bakery.violations() == [])
        return bakery
    }

    @Test(arguments: [
        ("INSERT INTO cake VALUES (9, 'plum')", "the cake for sale 9: no such sale"),
        ("INSERT INTO cake VALUES (9, 'plum')", "sale 9 and its cake do not agree"),
        ("DELETE FROM cake", "sale 1 and its cake do not agree"),
        ("DELETE FROM cake", "sale 1 has no cake"),
        ("UPDATE cake SET kind = ''", "the cake for sale 1 is of no kind"),
    ])
    func `what breaks an own rule is found`(sql: String, violation: String) throws {
        let bakery = try bakery()
        try bakery.spoil("oven", sql)
        #expect(try bakery.violations().contains(violation))
    }

    @Test func `rules at rest are not checked while a message is pending`() throws {
        let bakery = try bakery()
        try bakery.sell("plum")
        try bakery.spoil("counter", "UPDATE sale SET state = 'ORDERED'")
        let check = try bakery.workbench.check()
        #expect(check.violations == 0)
        #expect(check.skipped.map(\.rule) == Self.atRest)
        #expect(Set(check.skipped.map(\.reason)) == ["2 messages are pending"])
        try bakery.spoil("oven", "INSERT INTO cake VALUES (9, 'plum')")
        #expect(try bakery.violations() == ["the cake for sale 9: no such sale"])
    }

    @Test func `rules at rest are not checked while a saga waits for its time`() throws {
        let bakery = try bakery()
        try bakery.sell("souffle")
        try bakery.relayUntilIdle()
        let check = try bakery.workbench.check()
        #expect(check.violations == 0)
        #expect(check.skipped.map(\.rule) == Self.atRest)
        #expect(Set(check.skipped.map(\.reason)) == ["1 deadline is ahead"])

        let run = bakery.relay.run(parking: .never)
        let hour = RelayRun.Bounds(advance: .seconds(3600))
        while try !run.pass(hour).isIdle {}
        #expect(try bakery.violations() == [])
        #expect(try bakery.workbench.check().skipped.isEmpty)
    }

    @Test func `a row that cannot be read breaks what reads it, and the other rules go on`() throws
    {
        let bakery = try bakery()
        try bakery.spoil("counter", "UPDATE store_identity SET members = 'x'")
        let check = try bakery.workbench.check()
        #expect(check.violations == 1)
        #expect(
            check.results.first { !$0.violations.isEmpty }?.rule
                == "the stores are of one system, and none is older than others know it")
        try bakery.spoil(
            "oven", "UPDATE received_messages SET message_id = 'x' WHERE message_id = 'counter:1'")
        #expect(
            try bakery.violations().contains("baker has handled x, which was never sent"))
    }

    @Test func `what no rule about all stores can read is named once`() throws {
        let bakery = try bakery()
        try bakery.spoil(
            "oven",
            """
            INSERT INTO store_acceptance
                (incarnation, counters_before, counters_after, creation_time)
            VALUES ('x', 'x', '{}', 0)
            """)
        try bakery.spoil("oven", "UPDATE cake SET kind = ''")
        let check = try bakery.workbench.check()
        #expect(check.skipped.map(\.rule) == [Self.together])
        #expect(check.skipped.map(\.reason) == ["a row cannot be read"])
        #expect(
            check.results.first { $0.rule == "every row holds what it should" }?.violations
                == ["a column that should hold JSON holds 'x'"])
        #expect(
            check.results.first { $0.rule == "every cake is of a kind" }?.violations
                == ["the cake for sale 1 is of no kind"])
    }

    @Test func `what needs a store that is away is skipped, and says which`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/data"
        let bakery = try CarefulBakery(in: DataDirectory(path: path, lockTimeout: 1000))
        try bakery.stores.create()
        try bakery.sell("apple")
        try bakery.relayUntilIdle()
        #expect(try bakery.violations() == [])
        for store in bakery.stores.all { store.close() }
        try tamper(with: path + "/oven.db", "PRAGMA user_version = 99")

        let again = try CarefulBakery(in: DataDirectory(path: path, lockTimeout: 1000))
        let availability = Availability()
        let check = try again.workbench.check(availability)
        #expect(availability.reasons["oven"] != nil)
        #expect(check.violations == 0)
        #expect(
            check.skipped.map(\.rule) == [Self.together, "every sale that is SOLD has a cake"])
        #expect(Set(check.skipped.map(\.reason)) == ["oven cannot be read"])
        #expect(check.results.map(\.rule).contains("every saga is as its log tells"))
        #expect(!check.results.map(\.rule).contains("every cake is of a kind"))
    }

    @Test func `what an older copy of a store has lost excuses what follows from it`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/data"
        let copy = DataDirectory(path: directory.path + "/copy", lockTimeout: 1000)
        let bakery = try CarefulBakery(in: DataDirectory(path: path, lockTimeout: 1000))
        try bakery.stores.create()
        try bakery.sell("apple")
        try bakery.relayUntilIdle()
        try bakery.stores.backUp(to: copy)
        try bakery.sell("plum")
        try bakery.relayUntilIdle()
        for store in bakery.stores.all { store.close() }
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + "/counter.db" + suffix)
        }
        try FileManager.default.copyItem(
            atPath: copy.path + "/counter.db", toPath: path + "/counter.db")

        let again = try CarefulBakery(in: DataDirectory(path: path, lockTimeout: 1000))
        let text =
            "the store of counter is older than what others have seen of it: "
            + "its last message has number 3, and oven has seen counter:6"
        let found = try again.violations()
        #expect(found.contains(text), "\(found)")
        _ = try again.workbench.accept("counter")
        try again.relayUntilIdle()
        let check = try again.workbench.check()
        #expect(check.results.flatMap(\.violations) == ["sale 2 and its cake do not agree"])
        let consequences = check.results.flatMap(\.consequences)
        #expect(consequences.contains("the cake for sale 2: no such sale"), "\(consequences)")
        #expect(consequences.contains("baker has handled counter:4, which is lost"))
    }
}

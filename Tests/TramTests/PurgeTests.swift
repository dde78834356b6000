import TestSupport
import Testing
import Tram
import TramSQLite

/// What a purge frees, it can prove that nobody needs; the rest it keeps, and says who holds it.
@Suite struct PurgeTests {
    @Test func `what every subscriber has handled is freed, and numbers go on`() throws {
        let system = try Relayed()
        for number in 1...3 { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        let report = try system.relay.purge()
        #expect(report.freed.map(\.messages) == [3, 3])
        // The last row of each subscriber stays.
        #expect(report.freed.map(\.handled) == [2, 2])
        #expect(report.holds == [])
        #expect(try system.positions() == ["counter sender 3", "listener sender 3"])
        try system.publish(4, about: 1)
        let after = try system.pass(system.relay.run())
        #expect(after.deliveries == ["sender:4>counter handled", "sender:4>listener handled"])
        #expect(try system.heard() == [1, 2, 3, 4])
        #expect(try system.relay.purge().freed.map(\.handled) == [1, 1])
    }

    @Test func `a message that an inbox does not know is kept, whatever its mark says`() throws {
        let system = try Relayed()
        for number in 1...4 { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        try system.tamper("DELETE FROM received_messages WHERE message_id = 'sender:2'")
        let report = try system.relay.purge()
        #expect(report.freed.map(\.messages) == [3, 4])
        #expect(report.freed.map(\.handled) == [3, 0])
        #expect(
            system.describe(report.holds) == [
                "sender messages unhandled 1 sender:2 listener",
                "receiver handled unhandled 2 sender:2 listener",
            ])
        _ = try system.relay.redeliver(to: "listener")
        try system.relayUntilIdle()
        let second = try system.relay.purge()
        #expect(second.freed.map(\.messages) == [1, 1])
        #expect(second.freed.map(\.handled) == [0, 3])
        #expect(second.holds == [])
    }

    @Test func `a message of which an inbox knows another is kept`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.relayUntilIdle()
        try system.tamper("UPDATE received_messages SET digest = digest + 1")
        let report = try system.relay.purge(PurgeBounds(isOfOutboxesOnly: true))
        #expect(report.freed.map(\.messages) == [0, 1])
        #expect(
            system.describe(report.holds) == [
                "sender messages other-content 1 sender:1 listener"
            ])
    }

    @Test func `a position stops before what failed, and is held by nobody else's failure`()
        throws
    {
        let system = try Relayed()
        for (index, number) in [1, -1, 2, 3].enumerated() {
            try system.publish(number, about: index)
        }
        try system.relayUntilIdle()
        let report = try system.relay.purge()
        #expect(report.freed.map(\.messages) == [3, 3])
        #expect(try system.positions() == ["counter sender 4", "listener sender 1"])
        #expect(report.freed.map(\.handled) == [3, 0])
        #expect(
            system.describe(report.holds) == [
                "sender messages failed 1 sender:2 listener",
                "receiver handled failed 2 sender:2 listener",
            ])
        // The counter gets it again, and knows it by its position.
        try system.tamper("INSERT INTO mended VALUES ('it')")
        let mended = try system.pass(system.relay.run())
        #expect(mended.deliveries == ["sender:2>counter duplicate", "sender:2>listener handled"])
        #expect(try system.relay.purge().freed.map(\.handled) == [0, 3])
        #expect(try system.heard() == [1, 2, 3, -1])
    }

    @Test func `a duplicate of a message whose row is gone has no effect`() throws {
        let system = try Relayed()
        for number in 1...3 { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        let report = try system.relay.purge(PurgeBounds(service: "receiver"))
        #expect(report.freed.map(\.service) == ["receiver"])
        #expect(report.freed.map(\.messages) == [3])
        #expect(report.freed.map(\.handled) == [2])
        try system.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
        let again = try system.pass(system.relay.run())
        #expect(again.summary.duplicates == 6)
        #expect(try system.heard() == [1, 2, 3])
        let step = try system.sender.write { transaction in
            _ = try transaction.execute("UPDATE message SET published = 0 WHERE id = 1")
            return try Outbox(transaction).pendingCount()
        }
        #expect(step == 1)
        #expect(try system.relay.run().possibleDeliveries().isEmpty, "a step has nothing to do")
    }

    @Test func `a discarded delivery holds nothing`() throws {
        let system = try Relayed()
        for (index, number) in [1, -1, 2].enumerated() {
            try system.publish(number, about: index)
        }
        try system.relayUntilIdle()
        try system.sender.write {
            _ = try $0.execute(
                """
                INSERT INTO discarded_delivery
                    (message_id, consumer_id, type, destination, partition_id, headers, payload,
                     attempts, error, creation_time)
                VALUES (2, 'listener', 'Happened', 'Thing', '1', '{}', '{}', 5, 'it failed', 0)
                """)
            _ = try $0.execute("UPDATE message SET published = 1 WHERE id = 2")
        }
        let report = try system.relay.purge()
        #expect(report.freed.map(\.messages) == [3, 2])
        #expect(report.freed.map(\.handled) == [2, 1])
        #expect(report.holds == [])
    }

    @Test(arguments: ["counter", "listener"])
    func `a parked message is kept, for whomever it is parked`(subscriber: String) throws {
        let system = try Relayed()
        for number in 1...3 { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        try system.park(2, subscriber)
        let report = try system.relay.purge()
        #expect(report.freed.map(\.messages) == [2, 3])
        #expect(
            system.describe(report.holds).first == "sender messages parked 1 sender:2 \(subscriber)"
        )
        #expect(
            try system.sender.read { try $0.rows("SELECT 1 FROM dead_letter").count } == 1,
            "a dead letter goes with its message")
    }

    @Test func `an event that nobody hears is freed when it is done with`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.pass(system.relay.run())
        let early = try system.relay.purge(PurgeBounds(service: "receiver"))
        #expect(
            system.describe(early.holds) == ["receiver messages pending 1 receiver:1 nobody"])
        try system.relayUntilIdle()
        #expect(try system.relay.purge().freed.map(\.messages) == [1, 1])
    }

    // MARK: Age

    @Test func `only what is old enough is freed, and a position covers no young row`() throws {
        let clock = Clock()
        let system = try Relayed(clock: clock.now)
        for (index, number) in [1, -2, 3].enumerated() {
            try system.publish(number, about: index)
        }
        try system.relayUntilIdle()
        clock.advance(1000)
        try system.tamper("INSERT INTO mended VALUES ('it')")
        try system.publish(4, about: 4)
        try system.relayUntilIdle()
        // The second was sent early and handled late.
        let report = try system.relay.purge(PurgeBounds(olderThan: .milliseconds(1000)))
        #expect(report.freed.map(\.messages) == [3, 2])
        #expect(try system.positions() == ["counter sender 3", "listener sender 1"])
        #expect(report.freed.map(\.handled) == [2, 0])
        #expect(report.holds == [], "who asks for a bound knows what it bounds")
        clock.advance(1)
        #expect(try system.relay.purge(PurgeBounds(olderThan: .milliseconds(1001))).total == 0)
        let rest = try system.relay.purge(PurgeBounds(olderThan: .milliseconds(1)))
        #expect(rest.freed.map(\.messages) == [1, 2])
        #expect(try system.positions() == ["counter sender 4", "listener sender 4"])
    }

    @Test func `only what is old enough is told as held`() throws {
        let clock = Clock()
        let system = try Relayed(clock: clock.now)
        for (index, number) in [1, -2, 3].enumerated() {
            try system.publish(number, about: index)
        }
        try system.relayUntilIdle()
        clock.advance(1000)
        try system.publish(4, about: 4)
        try system.publish(-5, about: 5)
        try system.relayUntilIdle()
        func holds(_ age: Int) throws -> [String] {
            let report = try system.relay.rehearse {
                try system.relay.purge(PurgeBounds(olderThan: .milliseconds(age)))
            }
            return system.describe(report.holds)
        }
        #expect(try holds(1001) == [])
        #expect(
            try holds(1000) == [
                "sender messages failed 1 sender:2 listener",
                "receiver handled failed 1 sender:2 listener",
            ])
        #expect(
            try holds(0) == [
                "sender messages failed 2 sender:2 listener",
                "receiver handled failed 2 sender:2 listener",
            ])
    }

    @Test func `idempotency keys go by age alone`() throws {
        let clock = Clock()
        let system = try Relayed(clock: clock.now)
        let created = Int(clock.now().milliseconds)
        for key in 1...5 {
            try system.sender.write {
                _ = try $0.execute(
                    """
                    INSERT INTO idempotency_key (idempotency_key, request, answer, creation_time)
                    VALUES (\("key-\(key)"), '', '', \(created + key))
                    """)
            }
        }
        clock.advance(103)
        #expect(try system.relay.purge().total == 0)
        var bounds = PurgeBounds(olderThan: .milliseconds(100))
        bounds.page = 2
        #expect(try system.relay.purge(bounds).freed.map(\.keys) == [3, 0])
        let left = try system.sender.read {
            try $0.rows("SELECT idempotency_key FROM idempotency_key ORDER BY 1").map(\.columns)
        }
        #expect(left == [[.text("key-4")], [.text("key-5")]])
    }

    // MARK: What must not be touched

    @Test func `rows that nobody can place are kept`() throws {
        let system = try Relayed()
        for number in 1...3 { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        let strange = ["sender:x", "sender:01", "sender", "elsewhere:1", ":1"]
        try system.receiver.write { transaction in
            for id in strange {
                try transaction.execute(
                    """
                    INSERT INTO received_messages (consumer_id, message_id, creation_time)
                    VALUES ('listener', \(id), 0), ('stranger', \(id), 0)
                    """)
            }
        }
        #expect(try system.relay.purge().freed.map(\.handled) == [2, 2])
        #expect(try system.receiver.read { try Inbox($0).count() } == 2 * strange.count + 1)
    }

    @Test func `a service that the relay does not connect may need everything`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.relayUntilIdle()
        for store in [system.sender, system.receiver] {
            try store.write { try Identities($0).join("it", members: ["receiver", "third"]) }
        }
        let report = try system.relay.purge()
        #expect(report.missing == ["third"])
        #expect(report.freed == [])
        #expect(try system.sender.read { try Outbox($0).count() } == 1)
    }

    @Test func `a relay of a part of the system frees nothing`() throws {
        let system = try Relayed()
        try system.publish(1, about: 1)
        try system.relayUntilIdle()
        let part = try Relay(partOfSystem: system.relay.services)
        #expect(try part.purge().freed == [])
        #expect(try system.sender.read { try Outbox($0).count() } == 1)
    }

    @Test func `of a store that has gone back everything is kept`() throws {
        let system = try Relayed()
        for number in 1...3 { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        try system.sender.write { transaction in
            try transaction.execute("DELETE FROM message WHERE id = 3")
            try transaction.setCounter(of: "message", to: 2)
        }
        let report = try system.relay.purge()
        #expect(report.freed.map(\.messages) == [0, 3])
        #expect(report.freed.map(\.handled) == [0, 0])
        #expect(system.describe(report.holds) == ["sender store rolled-back 0 nobody nobody"])
    }

    @Test func `a position alone tells that its source has gone back`() throws {
        let system = try Relayed()
        for number in 1...3 { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        _ = try system.relay.purge(PurgeBounds(service: "receiver"))
        try system.tamper(
            "UPDATE source_position SET through_id = 1, counters = '{}', digest = NULL")
        try system.sender.write { try $0.setCounter(of: "message", to: 2) }
        let error = #expect(throws: StoreError.self) { try system.pass(system.relay.run()) }
        guard case .rolledBack("sender", let detail) = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(detail.hasSuffix("receiver has handled sender:3"))
    }

    // MARK: Bounds and kills

    @Test func `a rehearsal tells the same numbers, and changes nothing`() throws {
        let system = try Relayed()
        for number in [1, -1, 2, 3] { try system.publish(number, about: number) }
        try system.relayUntilIdle()
        let before = try system.everything()
        let rehearsed = try system.relay.rehearse { try system.relay.purge() }
        #expect(try system.everything() == before)
        #expect(try system.relay.purge() == rehearsed)
        #expect(rehearsed.total > 0)
    }

    @Test(arguments: 1...4)
    func `the size of a page changes nothing`(page: Int) throws {
        func result(_ page: Int) throws -> (PurgeReport, [[SQLValue]]) {
            let system = try Relayed()
            for (index, number) in [1, 2, -3, 4, 5, -6, 7, 8, 9, 10, 11].enumerated() {
                try system.publish(number, about: index)
            }
            try system.relayUntilIdle()
            var bounds = PurgeBounds()
            bounds.page = page
            return (try system.relay.purge(bounds), try system.everything())
        }
        let small = try result(page)
        let large = try result(500)
        #expect(small.0 == large.0)
        #expect(small.1 == large.1)
    }

    @Test(arguments: [nil, "receiver"])
    func `ended after any of its transactions, it is finished by the next`(
        service: String?
    ) throws {
        /// What a purge leaves that ends before so many transactions, and another one after it.
        func result(failingAfter writes: Int) throws -> (isCut: Bool, rows: [[SQLValue]]) {
            let countdown = Countdown()
            let system = try Relayed(wrap: { EndingStore($0, countdown) })
            for (index, number) in [1, 2, 3, -4, 5, 6, 7].enumerated() {
                try system.publish(number, about: index)
            }
            try system.relayUntilIdle()
            var bounds = PurgeBounds(service: service)
            bounds.page = 2
            countdown.left = writes
            var isCut = false
            do {
                _ = try system.relay.purge(bounds)
            } catch is Ended {
                isCut = true
            }
            countdown.left = nil
            // Whatever is pending, and whoever comes again, has no second effect.
            try system.sender.write { _ = try $0.execute("UPDATE message SET published = 0") }
            try system.relayUntilIdle()
            #expect(try system.heard() == [1, 2, 3, 5, 6, 7])
            _ = try system.relay.purge(bounds)
            return (isCut, try system.everything())
        }
        let whole = try result(failingAfter: .max)
        var writes = 0
        while case let cut = try result(failingAfter: writes), cut.isCut {
            #expect(cut.rows == whole.rows, "after \(writes) transactions")
            writes += 1
        }
        #expect(writes > 3)
    }
}

/// A clock that goes on when it is told to.
private final class Clock {
    private var milliseconds: Int64 = 1_577_880_295_612

    func now() -> Timestamp { Timestamp(milliseconds: milliseconds) }

    func advance(_ milliseconds: Int64) { self.milliseconds += milliseconds }
}

/// How many transactions may still write; any number when nil.
private final class Countdown {
    var left: Int?
}

private struct Ended: Error {}

/// A store whose process ends before one of its transactions.
private final class EndingStore: Store {
    private let store: any Store
    private let countdown: Countdown

    init(_ store: any Store, _ countdown: Countdown) {
        self.store = store
        self.countdown = countdown
    }

    var name: String { store.name }

    func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        if let left = countdown.left {
            guard left > 0 else { throw Ended() }
            countdown.left = left - 1
        }
        return try store.write(body)
    }

    func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try store.read(body)
    }

    func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        try store.rehearse(body)
    }
}

extension Relayed {
    fileprivate func relayUntilIdle() throws {
        let run = relay.run()
        while try !run.pass().isIdle {}
    }

    /// Changes the receiver's store behind everybody's back.
    fileprivate func tamper(_ sql: String) throws {
        try receiver.write { _ = try $0.execute(SQL(unsafeText: sql)) }
    }

    fileprivate func park(_ number: Int, _ subscriber: String) throws {
        try sender.write {
            _ = try $0.execute(
                """
                INSERT INTO dead_letter
                    (message_id, consumer_id, destination, partition_id, attempts, error,
                     creation_time)
                VALUES (\(number), \(subscriber), 'Thing', '1', 5, 'it failed', 0)
                """)
        }
    }

    fileprivate func positions() throws -> [String] {
        try [sender, receiver].flatMap { try $0.read { try Inbox($0).positions() } }.map {
            "\($0.subscriber) \($0.source) \($0.through)"
        }
    }

    fileprivate func describe(_ holds: [PurgeHold]) -> [String] {
        holds.map {
            "\($0.service) \($0.what) \($0.reason.rawValue) \($0.count) "
                + "\($0.message?.description ?? "nobody") \($0.holder ?? "nobody")"
        }
    }

    /// All rows that a purge could touch, but for those that count purges.
    fileprivate func everything() throws -> [[SQLValue]] {
        try [sender, receiver].flatMap { store in
            try store.read { transaction in
                try [
                    "SELECT id, published FROM message ORDER BY id",
                    "SELECT consumer_id, message_id FROM received_messages",
                    "SELECT consumer_id, source, through_id FROM purged_inbox",
                    "SELECT sum(messages) FROM message_purge",
                ].flatMap { try transaction.rows(SQL(unsafeText: $0)).map(\.columns) }
            }
        }
    }
}

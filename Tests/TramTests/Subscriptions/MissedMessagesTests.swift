import TestSupport
import Testing
import Tram
import TramSQLite

private final class TestClock {
    var now = fixedClock()
}

/// Which messages a check excuses that a subscriber has not handled: those that the next relay brings, and
/// those that are not for it. An inbox that was emptied excuses nothing.
@Suite struct MissedMessagesTests {
    private let first = MessageID(service: "sender", number: 1)

    private func missed(_ village: Village, _ subscribers: [any Subscriber]) throws
        -> MissedMessages
    {
        let services = try [
            Service(store: village.sender, subscribers: [Village.neighbour]),
            Service(store: village.receiver, subscribers: subscribers),
        ]
        return try village.sender.read { sender in
            try village.receiver.read { receiver in
                try MissedMessages(of: services, in: [sender, receiver])
            }
        }
    }

    private func wipe(_ village: Village, _ id: String) throws {
        try village.receiver.write {
            for table in ["received_messages", "purged_inbox", "subscription"] {
                _ = try $0.execute(
                    SQL(unsafeText: "DELETE FROM \(table) WHERE consumer_id = '\(id)'"))
            }
        }
    }

    private func run(_ village: Village, _ ids: [String]) throws {
        try village.run(
            village.relay(ids.map { village.listener($0) }, atSender: [Village.neighbour]))
    }

    @Test func `one that has not begun gets what is published`() throws {
        let village = try Village()
        try village.publish([1])
        try run(village, [])
        let missed = try missed(village, [village.listener("fresh")])
        #expect(missed.include(first, for: "fresh"))
        #expect(!missed.precede(first, for: "fresh"))
        #expect(!missed.include(first, for: "neighbour"))
        try run(village, ["fresh"])
        #expect(try village.heard(by: "fresh") == [1])
        #expect(try !self.missed(village, [village.listener("fresh")]).include(first, for: "fresh"))
    }

    @Test func `one that is added to a service that has been at work has not begun`() throws {
        let village = try Village()
        try village.publish([1])
        try run(village, ["old"])
        let missed = try missed(village, [village.listener("old"), village.listener("fresh")])
        #expect(missed.include(first, for: "fresh"))
        #expect(!missed.include(first, for: "old"))
    }

    @Test func `one whose rows are gone has begun`() throws {
        let village = try Village()
        try village.publish([1])
        try run(village, ["late"])
        try wipe(village, "late")
        for begins in [SubscriptionStart.beginning, .now] {
            let missed = try missed(village, [village.listener("late", begins: begins)])
            #expect(!missed.include(first, for: "late"))
            #expect(!missed.precede(first, for: "late"))
        }
    }

    @Test func `nor does it excuse one that others of the service have not handled`() throws {
        let village = try Village()
        try village.publish([1])
        try run(village, ["other", "late"])
        try village.publish([2])
        try run(village, ["late"])
        try wipe(village, "late")
        let missed = try missed(village, [village.listener("other"), village.listener("late")])
        #expect(!missed.include(first, for: "late"))
    }

    @Test func `also when only its own store remembers, or only the source`() throws {
        for table in ["source_position", "subscriber_position"] {
            let village = try Village()
            try village.publish([1])
            try run(village, ["late"])
            try wipe(village, "late")
            let store = table == "source_position" ? village.receiver : village.sender
            try store.write { _ = try $0.execute(SQL(unsafeText: "DELETE FROM \(table)")) }
            #expect(
                try !missed(village, [village.listener("late")]).include(first, for: "late"),
                "\(table)")
        }
    }

    @Test func `what is before one that begins now is not for it, and no relay brings it`() throws {
        let village = try Village()
        try village.publish([1])
        try run(village, [])
        let fresh = village.listener("fresh", begins: .now)
        let missed = try missed(village, [fresh])
        #expect(!missed.include(first, for: "fresh"))
        #expect(missed.precede(first, for: "fresh"))
        #expect(
            try village.run(village.relay([fresh], atSender: [Village.neighbour])) == [])
    }

    @Test func `at a source that was away it gets what was sent since it was first seen`() throws {
        let clock = TestClock()
        let village = try Village(clock: { clock.now })
        try village.publish([1])
        try run(village, [])
        let fresh = village.listener("fresh", begins: .now)
        clock.now = clock.now + .seconds(1)
        village.failures.away = ["sender"]
        try village.run(village.relay([fresh], atSender: [Village.neighbour]))
        village.failures.away = []
        clock.now = clock.now + .seconds(1)
        try village.publish([2])
        try village.sender.write { _ = try $0.execute("UPDATE message SET published = 1") }
        let missed = try missed(village, [fresh])
        let second = MessageID(service: "sender", number: 2)
        #expect(missed.precede(first, for: "fresh"))
        #expect(!missed.include(first, for: "fresh"))
        #expect(!missed.precede(second, for: "fresh"))
        #expect(missed.include(second, for: "fresh"))
        try village.run(village.relay([fresh], atSender: [Village.neighbour]))
        #expect(try village.heard(by: "fresh") == [2])
    }
}

import TestSupport
import Testing
import Tram
import TramSQLite

/// What goes wrong with one message is that message's alone.
@Suite struct IsolationTests {
    struct Wanted: DomainEvent {
        static let eventType = "Wanted"
        static let channel: EventChannel = "Thing"
        let parent: Int
    }

    /// A sender, and a receiver whose rows refer to parents: that they are there is checked at the
    /// commit only.
    private struct System {
        let sender: SQLiteStore
        let receiver: SQLiteStore
        let relay: Relay

        init() throws {
            sender = try messagingStore("sender")
            receiver = try SQLiteStore(
                inMemory: "receiver",
                schema: Schema(
                    applicationID: 2, library: LibraryTables.messaging,
                    migrations: [
                        [
                            "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT",
                            """
                            CREATE TABLE child (
                                parent_id INTEGER NOT NULL
                                    REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
                            ) STRICT
                            """,
                            "INSERT INTO parent VALUES (1)",
                        ]
                    ]), clock: fixedClock)
            func subscriber(_ id: String) -> DomainEventHandlers {
                DomainEventHandlers(
                    id,
                    [
                        .on(Wanted.self) { event, transaction in
                            try transaction.execute("INSERT INTO child VALUES (\(event.parent))")
                            return .handled("child of \(event.parent)")
                        }
                    ])
            }
            relay = try Relay(wholeSystem: [
                Service(store: sender, subscribers: []),
                Service(store: receiver, subscribers: [subscriber("a"), subscriber("b")]),
            ])
            for (thing, parent) in [1, 9, 1].enumerated() {
                try sender.write { _ = try $0.publish(Wanted(parent: parent), about: thing) }
            }
        }

        func run() throws -> [String] {
            var deliveries: [String] = []
            try relay.run(parking: ParkingPolicy(maxAttempts: 2)).pass {
                if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
            }
            return deliveries
        }
    }

    private let outcomes = { (outcome: String) in
        [
            "sender:1>a handled", "sender:1>b handled", "sender:2>a \(outcome)",
            "sender:2>b \(outcome)", "sender:3>a handled", "sender:3>b handled",
        ]
    }

    @Test func `a transaction that cannot be committed is one message's failure`() throws {
        let system = try System()
        #expect(try system.run() == outcomes("failed"))
        #expect(try system.run() == ["sender:2>a parked", "sender:2>b parked"])
        let children = try system.receiver.read { try $0.rows("SELECT parent_id FROM child") }
        #expect(children.map(\.columns) == Array(repeating: [.integer(1)], count: 4))
        try system.receiver.write { _ = try $0.execute("INSERT INTO parent VALUES (9)") }
        try system.relay.retry(DeadLetterSelection())
        #expect(try system.run() == ["sender:2>a handled", "sender:2>b handled"])
    }

    @Test func `a rehearsal tells what the commit would refuse`() throws {
        let system = try System()
        let run = system.relay.run()
        var deliveries: [String] = []
        _ = try run.rehearse {
            try run.pass {
                if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
            }
        }
        #expect(deliveries == outcomes("failed"))
        #expect(try system.receiver.read { try Inbox($0).count() } == 0)
    }
}

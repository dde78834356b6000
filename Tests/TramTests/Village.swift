import TestSupport
import Tram
import TramSQLite

/// A sender and a receiver in memory whose programs change: each relay is a program of its own on the
/// same stores.
struct Village {
    let sender: SQLiteStore
    let receiver: SQLiteStore
    let failures = Failures()

    init(clock: @escaping () -> Timestamp = fixedClock) throws {
        sender = try SQLiteStore(
            inMemory: "sender",
            schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
            clock: clock)
        receiver = try SQLiteStore(
            inMemory: "receiver",
            schema: Schema(
                applicationID: 2, library: LibraryTables.messagingAndSagas,
                migrations: [
                    [
                        "CREATE TABLE heard (who TEXT, number INTEGER) STRICT",
                        "CREATE TABLE mended (what TEXT) STRICT",
                    ]
                ]), clock: clock)
    }

    /// A subscriber that writes down what it hears as `who`; a negative number makes it fail as long as
    /// nothing is mended.
    func listener(
        _ id: String, as who: String? = nil, begins: SubscriptionStart = .beginning,
        formerly: [String] = []
    ) -> DomainEventHandlers {
        let who = who ?? id
        return DomainEventHandlers(
            id, begins: begins, formerly: formerly,
            [
                .on(Happened.self) { event, transaction in
                    if try event.number < 0 && transaction.rows("SELECT 1 FROM mended").isEmpty {
                        throw Refusal()
                    }
                    try transaction.execute("INSERT INTO heard VALUES (\(who), \(event.number))")
                    return .handled("\(event.number)")
                }
            ])
    }

    /// A subscriber of the sender's own.
    static let neighbour = DomainEventHandlers(
        "neighbour", [.on(Happened.self) { _, _ in .handled() }])

    /// A program with these subscribers in the receiver, and those at the sender.
    func relay(
        _ subscribers: [any Subscriber], atSender own: [any Subscriber] = []
    ) throws -> Relay {
        try Relay(
            wholeSystem: [
                Service(store: FailingStore(sender, failures), subscribers: own),
                Service(store: FailingStore(receiver, failures), subscribers: subscribers),
            ], chunk: 3)
    }

    func publish(_ numbers: [Int], about thing: Int = 1) throws {
        try sender.write {
            for number in numbers { try $0.publish(Happened(number: number), about: thing) }
        }
    }

    /// Runs a program's relay until nothing moves.
    @discardableResult
    func run(_ relay: Relay, maxAttempts: Int = 0) throws -> [String] {
        var deliveries: [String] = []
        let run = relay.run(parking: ParkingPolicy(maxAttempts: maxAttempts))
        var isIdle = false
        while !isIdle {
            isIdle = try run.pass {
                if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
            }.isIdle
        }
        return deliveries
    }

    /// Does something that writes, as often as it has transactions, each time ending before another one
    /// of them; and calls `check` after it was done again to its end.
    ///
    /// - Returns: how often it was ended.
    @discardableResult
    static func endEverywhere(
        _ prepare: (Village) throws -> Void, _ body: (Village) throws -> Void,
        _ check: (Village, Int) throws -> Void
    ) throws -> Int {
        var writes = 0
        while true {
            let village = try Village()
            try prepare(village)
            village.failures.writesLeft = writes
            var isEnded = false
            do {
                try body(village)
            } catch is Failures.ProcessEnded {
                isEnded = true
            }
            village.failures.writesLeft = nil
            if isEnded { try body(village) }
            try check(village, writes)
            if !isEnded { return writes }
            writes += 1
        }
    }

    /// What was heard, in order.
    func heard(by who: String) throws -> [Int] {
        try receiver.read {
            try $0.rows("SELECT number FROM heard WHERE who = \(who) ORDER BY rowid").map {
                let number: Int = try $0.values()
                return number
            }
        }
    }

    func mend() throws {
        try receiver.write { _ = try $0.execute("INSERT INTO mended VALUES ('all')") }
    }

    /// The rows of a query, in a store, as texts.
    func rows(_ store: SQLiteStore, _ sql: String) throws -> [String] {
        try store.read { transaction in
            try transaction.rows(SQL(unsafeText: sql)).map { row in
                row.columns.map {
                    switch $0 {
                    case .text(let text): text
                    case .integer(let integer): "\(integer)"
                    default: "-"
                    }
                }.joined(separator: " ")
            }
        }
    }

    /// Since when each subscriber listens to the sender.
    func begun() throws -> [String] {
        try receiver.read { try Subscriptions($0).all() }.filter { $0.source == "sender" }
            .map { "\($0.subscriber) \($0.begins.rawValue) \($0.after)" }
    }
}

import TestSupport
import Tram
import TramSQLite

/// Commands as sagas send them, to a participant that locks things.
struct StashSystem {
    struct Act: Command {
        static let commandType = "Act"
        let name: String
        /// What it locks; nothing when nil.
        var thing: String?
    }

    struct Tell: Command {
        static let commandType = "Tell"
        let name: String
    }

    struct Undo: Command {
        static let commandType = "Undo"
        let name: String
        var thing: String?
    }

    struct Unlock: Command {
        static let commandType = "SagaUnlockCommand"
    }

    struct Busy: FailureReply {
        static let replyType = "Busy"
    }

    let sender: SQLiteStore
    let receiver: SQLiteStore
    let service: Service
    let handlers: CommandHandlers
    let relay: Relay

    /// - Parameter path: a directory for stores that outlive this object; in memory when nil.
    init(whenLocked: LockConflict = .stash, in path: String? = nil) throws {
        func store(_ name: String, _ tables: [String]) throws -> SQLiteStore {
            let schema = Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [Migration(tables)])
            guard let path else {
                return try SQLiteStore(inMemory: name, schema: schema, clock: fixedClock)
            }
            let store = SQLiteStore(
                name: name, path: "\(path)/\(name).db", schema: schema, clock: fixedClock)
            try store.create()
            return store
        }
        sender = try store("sender", [])
        receiver = try store(
            "receiver",
            [
                "CREATE TABLE done (name TEXT) STRICT",
                "CREATE TABLE failing (name TEXT) STRICT",
            ])
        let note: @Sendable (String, any Transaction) throws -> CommandResult = {
            name, transaction in
            try transaction.execute("INSERT INTO done VALUES (\(name))")
            let failing = try transaction.rows("SELECT 1 FROM failing WHERE name = \(name)")
            if !failing.isEmpty { throw Breakdown() }
            return .success(Done(), name)
        }
        handlers = CommandHandlers(
            "receiver", on: "things",
            [
                .on(Act.self, locking: { $0.thing ?? "own \($0.name)" }, whenLocked: whenLocked) {
                    try note($0.name, $1)
                },
                .on(Tell.self) { try note($0.name, $1) },
                .on(Undo.self) { try note("undo \($0.name)", $1) },
            ])
        service = try Service(store: receiver, subscribers: [handlers])
        relay = try Relay(wholeSystem: [Service(store: sender, subscribers: []), service])
    }

    @discardableResult
    func send(
        _ command: some Command, type: String = "S", saga: String, step: String?,
        undoing: Bool = false, repeated: Bool = false, replyTo: String? = "answers"
    ) throws -> MessageID {
        var headers = [MessageHeader.commandSagaType: type, MessageHeader.commandSagaID: saga]
        headers[MessageHeader.commandSagaStep] = step
        if undoing { headers[MessageHeader.commandSagaCompensating] = "true" }
        if repeated { headers[MessageHeader.commandSagaRepeated] = "true" }
        return try sender.write {
            try $0.send(
                command, to: "things", orderedBy: saga, replyTo: replyTo, sagaHeaders: headers)
        }
    }

    func unlock(_ thing: String, saga: String) throws {
        try sender.write { transaction in
            _ = try transaction.send(
                Unlock(), to: "things", orderedBy: saga,
                sagaHeaders: [
                    MessageHeader.commandSagaType: "S", MessageHeader.commandSagaID: saga,
                    MessageHeader.commandResource: thing,
                ])
        }
    }

    func fail(_ name: String, _ isFailing: Bool = true) throws {
        try receiver.write { transaction in
            try transaction.execute("DELETE FROM failing")
            if isFailing { try transaction.execute("INSERT INTO failing VALUES (\(name))") }
        }
    }

    /// Delivers what the sender has sent, and tells what came of it.
    @discardableResult
    func run() throws -> [String] {
        var told: [String] = []
        try relay.run(parking: ParkingPolicy(maxAttempts: 2)).pass(
            RelayRun.Bounds(source: "sender")
        ) {
            guard case .delivered(let delivery) = $0 else { return }
            told.append(
                "\(delivery.message.id.number) \(delivery.receipt.outcome): "
                    + delivery.receipt.effects.joined(separator: "; "))
        }
        return told
    }

    /// What was done, in its order.
    func done() throws -> [String] {
        try receiver.read {
            try $0.rows("SELECT name FROM done ORDER BY rowid").map {
                let name: String = try $0.values()
                return name
            }
        }
    }

    /// The replies that were sent, in their order.
    func replies() throws -> [String] {
        try receiver.read {
            try Outbox($0).unpublished(after: 0, through: .max, limit: 100).map {
                "\($0.type) to \($0.headers[MessageHeader.replyToMessageID] ?? "?")"
            }
        }
    }

    func rows(_ query: StaticString) throws -> [[SQLValue]] {
        try receiver.read { try $0.rows(SQL(stringLiteral: query)).map(\.columns) }
    }
}

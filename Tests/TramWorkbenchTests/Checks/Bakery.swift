import Tram
import TramSQLite
import TramWorkbench

/// A second application: the counter sells cakes by a saga, and the oven bakes them and listens to what is
/// sold. It says nothing about rules.
class Bakery: Application {
    class var name: String { "bakery" }
    static let version = "1.0.0"
    static let firstCommand = "sell --cake apple"
    static let definitions = [
        StoreDefinition(
            "counter",
            Schema(
                applicationID: 0x4261_6B01, library: LibraryTables.messagingAndSagas,
                migrations: [
                    Migration([
                        """
                        CREATE TABLE sale (
                            id INTEGER PRIMARY KEY AUTOINCREMENT, cake TEXT NOT NULL,
                            state TEXT NOT NULL
                        ) STRICT
                        """
                    ])
                ]), numbered: ["sale"], firstEvents: [CakeOrdered.eventType]),
        StoreDefinition(
            "oven",
            Schema(
                applicationID: 0x4261_6B02, library: LibraryTables.messagingAndSagas,
                migrations: [
                    Migration([
                        "CREATE TABLE cake (sale INTEGER PRIMARY KEY, kind TEXT NOT NULL) STRICT",
                        "CREATE TABLE wish (sale INTEGER PRIMARY KEY) STRICT",
                    ])
                ])),
    ]

    let stores: Stores
    let relay: Relay
    let sales: SagaManager<SellCake>

    required init(_ stores: Stores) throws {
        self.stores = stores
        sales = try SagaManager(SellCake(), id: "counter")
        relay = try Relay(wholeSystem: [
            Service(store: stores["counter"], subscribers: [sales]),
            Service(store: stores["oven"], subscribers: [Self.oven]),
        ])
    }

    func rules(_ views: Views) -> [Rule] { Rule.standard(views) }

    private static let oven = CombinedSubscriber(
        "baker",
        [
            DomainEventHandlers(
                "baker",
                [
                    .on(CakeOrdered.self) { event, transaction in
                        let sale = try event.numericAggregateID()
                        try transaction.execute("INSERT INTO wish VALUES (\(sale))")
                        return .handled("the oven knows of sale \(sale)")
                    }
                ]),
            CommandHandlers(
                "baker", on: "oven",
                [
                    .on(BakeCake.self, locking: { $0.cake }) { command, transaction in
                        if command.cake == "souffle" { throw Refusal(OvenIsHot(), "too hot") }
                        try transaction.execute(
                            "INSERT INTO cake VALUES (\(command.sale), \(command.cake))")
                        return .success(Done(), "\(command.cake) baked")
                    }
                ]),
        ])

    /// Sells a cake: the saga is started, and its messages wait for the relay.
    @discardableResult
    func sell(_ cake: String) throws -> SagaReference {
        try stores["counter"].write {
            try sales.start(SellCake.Data(cake: cake), in: $0).reference
        }
    }

    func relayUntilIdle(parking: ParkingPolicy = .never) throws {
        let run = relay.run(parking: parking)
        while try !run.pass().isIdle {}
    }

    /// Changes a store behind the application's back.
    func spoil(_ store: String, _ sql: String) throws {
        _ = try stores[store].write { try $0.execute(SQL(unsafeText: sql)) }
    }

    func violations() throws -> [String] {
        try workbench.check().results.flatMap(\.violations)
    }

    func consequences() throws -> [String] {
        try workbench.check().results.flatMap(\.consequences)
    }
}

/// Sells a cake: orders it, has it baked, hands it over. A souffle is tried once more after an hour, and then
/// given up.
struct SellCake: Saga {
    static let sagaType = "SellCake"

    struct Data: Codable, Sendable {
        let cake: String
        var sale = 0

        init(cake: String) {
            self.cake = cake
        }
    }

    var steps: [Step<Data>] {
        [
            Step("order").invokeLocal(order).withCompensation { data, transaction in
                try Self.set("REFUSED", data.sale, transaction)
            },
            Step("bake")
                .invokeParticipant("oven") { BakeCake(sale: $0.sale, cake: $0.cake) }
                .retrying(1, on: OvenIsHot.self, after: .seconds(3600)),
            Step("hand over").invokeLocal { data, transaction in
                try Self.set("SOLD", data.sale, transaction)
            },
        ]
    }

    private func order(_ data: inout Data, _ transaction: any Transaction) throws {
        data.sale = try transaction.rows(
            "INSERT INTO sale (cake, state) VALUES (\(data.cake), 'ORDERED') RETURNING id"
        )[0].values()
        try transaction.publish(CakeOrdered(cake: data.cake), about: data.sale)
    }

    private static func set(
        _ state: String, _ sale: Int, _ transaction: any Transaction
    ) throws {
        try transaction.execute("UPDATE sale SET state = \(state) WHERE id = \(sale)")
    }
}

struct CakeOrdered: DomainEvent {
    static let eventType = "CakeOrdered"
    static let channel: EventChannel = "Sale"
    let cake: String
}

struct BakeCake: Command {
    static let commandType = "BakeCake"
    let sale: Int
    let cake: String
}

struct OvenIsHot: FailureReply {
    static let replyType = "OvenIsHot"
}

import Tram
import TramHTTP
import TramSQLite
import TramWorkbench

/// The second application of the tests, beside Customers and Orders: what is served of it beyond its few
/// lines it gets from the workbench.
final class Depot: Application {
    static let name = "depot"
    static let version = "2.0.0"
    static let firstCommand = "serve"
    static let definitions = [
        StoreDefinition(
            "depot",
            Schema(
                applicationID: 0x4465_7001, library: LibraryTables.messagingAndSagas,
                migrations: [
                    [
                        "CREATE TABLE parcel (id INTEGER PRIMARY KEY, shelf INTEGER, content TEXT) STRICT"
                    ]
                ])
        ),
        StoreDefinition(
            "board",
            Schema(
                applicationID: 0x4465_7002, library: LibraryTables.messagingAndSagas,
                migrations: [["CREATE TABLE arrival (content TEXT) STRICT"]])),
    ]

    let stores: Stores
    let relay: Relay
    private let pickups: SagaManager<Pickup>

    init(_ stores: Stores) throws {
        self.stores = stores
        let arrivals = DomainEventHandlers(
            "arrivals",
            [
                .on(ParcelArrived.self) { event, transaction in
                    if event.content == "bomb" { throw Refused() }
                    try transaction.execute("INSERT INTO arrival VALUES (\(event.content))")
                    return .handled("announced '\(event.content)'")
                }
            ])
        pickups = try SagaManager(Pickup(), id: "pickups")
        relay = try Relay(wholeSystem: [
            Service(store: stores["depot"], subscribers: [pickups]),
            Service(store: stores["board"], subscribers: [arrivals, Pickup.couriers]),
        ])
    }

    /// Has a parcel picked up.
    func pickUp(_ parcel: Int) throws -> SagaReference {
        try stores["depot"].write {
            try pickups.start(Pickup.Data(parcel: parcel), in: $0).reference
        }
    }

    func announced() throws -> Int {
        try stores["board"].read { transaction in
            try transaction.rows("SELECT count(*) FROM arrival")[0].values()
        }
    }

    private struct Refused: Error {}
}

struct ParcelArrived: DomainEvent {
    static let eventType = "ParcelArrived"
    static let channel: EventChannel = "Parcel"
    let content: String
}

extension Depot: HTTPApplication {
    static let endpoints: [Endpoint<Depot>] = [
        .performing(
            TakeParcel.self, path: "/shelves/{shelf}/parcels", name: "takeParcel",
            body: JSONSchema.reference("Parcel"),
            answers: [
                AnswerDescription(
                    status: 200, summary: "It is there.",
                    schema: JSONSchema.object(["parcel": JSONSchema.id]))
            ]
        ) { ["parcel": .integer($0)] },
        Endpoint(
            method: .post, path: "/parcels/{id}/pickup", name: "pickUp",
            summary: "Have a parcel picked up.", worker: .writer("depot"),
            answers: [
                AnswerDescription(
                    status: 200, summary: "The saga that does it.",
                    schema: JSONSchema.object(["saga": JSONSchema.text]))
            ]
        ) { call in
            let parcel = try call.id()
            return { depot in .json(["saga": .string(try depot.pickUp(parcel).name)]) }
        },
        Endpoint(
            method: .get, path: "/board", name: "getBoard", summary: "How many were announced.",
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "The board.",
                    schema: JSONSchema.object(["announced": JSONSchema.count]))
            ]
        ) { _ in { depot in .json(["announced": .integer(try depot.announced())]) } },
    ]

    static let schemas = [
        JSON.Member(
            "Parcel",
            JSONSchema.object(
                ["content": JSONSchema.text, "fragile": JSONSchema.boolean], optional: ["fragile"]))
    ]

    static let gauges = [
        Gauge<Depot>("depot_announced", "Parcels on the board, now.") { depot in
            [GaugeValue(try depot.announced(), ["board": "the \"big\" one"])]
        }
    ]
}

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
                applicationID: 0x4465_7001, library: LibraryTables.messaging,
                migrations: [
                    [
                        "CREATE TABLE parcel (id INTEGER PRIMARY KEY, shelf INTEGER, content TEXT) STRICT"
                    ]
                ])
        ),
        StoreDefinition(
            "board",
            Schema(
                applicationID: 0x4465_7002, library: LibraryTables.messaging,
                migrations: [["CREATE TABLE arrival (content TEXT) STRICT"]])),
    ]

    let stores: Stores
    let relay: Relay

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
        relay = try Relay(wholeSystem: [
            Service(store: stores["depot"], subscribers: []),
            Service(store: stores["board"], subscribers: [arrivals]),
        ])
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

package import Tram
package import TramSQLite
package import TramWorkbench

/// A second application beside the example: a desk rents out cars, and a garage has them. A rental is an
/// orchestrated saga, an inspection of a car a choreographed one.
package final class Rental: Application {
    package static let name = "rental"
    package static let version = "1.0.0"
    package static let firstCommand = "rent --driver Ada"
    package static let definitions = [
        StoreDefinition(
            "desk",
            Schema(
                applicationID: 0x5265_6E01, library: LibraryTables.messagingAndSagas,
                migrations: [
                    Migration([
                        "CREATE TABLE contract (driver TEXT PRIMARY KEY) STRICT",
                        """
                        CREATE TABLE inspection (
                            id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'asked'
                        ) STRICT
                        """,
                    ])
                ])),
        StoreDefinition(
            "garage",
            Schema(
                applicationID: 0x5265_6E02, library: LibraryTables.messagingAndSagas,
                migrations: [
                    Migration(["CREATE TABLE car (driver TEXT PRIMARY KEY, out INTEGER) STRICT"])
                ])),
    ]
    package static let sagaWords = SagaWords(
        example: "RentCar:1", step: "reserve car", reason: "the car was reserved by phone")

    package let stores: Stores
    package let relay: Relay
    private let manager: SagaManager<RentCar>

    package init(_ stores: Stores) throws {
        self.stores = stores
        manager = try SagaManager(RentCar(), id: "desk")
        relay = try Relay(wholeSystem: [
            Service(
                store: stores["desk"],
                subscribers: [CombinedSubscriber("desk", [Inspections.desk, manager])]),
            Service(
                store: stores["garage"],
                subscribers: [
                    CombinedSubscriber("garage", [Inspections.garage, Garage.handlers])
                ]),
        ])
    }

    package var chains: [Chain] {
        [
            Chain("Inspection", in: "desk", beginsWith: InspectionAsked.self) { [stores] id in
                let row = try stores["desk"].read {
                    try $0.rows("SELECT state FROM inspection WHERE id = \(Int(id) ?? 0)").first
                }
                guard let state: String = try row?.values() else { return nil }
                return switch state {
                case "passed": .completed
                case "refused": .rolledBack
                default: .running
                }
            }
        ]
    }

    package var desk: SQLiteStore { stores.file("desk") }
    package var garage: SQLiteStore { stores.file("garage") }

    /// Starts to rent a car out. The driver `Zoe` is refused the key.
    @discardableResult
    package func rent(to driver: String) throws -> SagaReference {
        try desk.write {
            try manager.start(RentCar.Data(driver: driver), in: $0).reference
        }
    }

    /// Asks for an inspection. Every third car is refused.
    @discardableResult
    package func inspect() throws -> SagaReference {
        try desk.write { transaction in
            let id: Int = try transaction.rows(
                "INSERT INTO inspection DEFAULT VALUES RETURNING id")[
                    0
                ].values()
            try transaction.publish(InspectionAsked(number: id), about: id)
            return SagaReference(type: "Inspection", id: "\(id)")
        }
    }
}

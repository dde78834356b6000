import Tram
import TramSQLite
import TramWorkbench

/// The smallest application: one store, and nobody who receives anything.
final class Shop: Application {
    static let name = "shop"
    static let version = "1.0.0"
    static let firstCommand = "sell --what tea"
    static let definitions = [
        StoreDefinition(
            "till",
            Schema(
                applicationID: 0x5368_6F70, library: LibraryTables.messaging, migrations: []))
    ]

    let stores: Stores
    let relay: Relay

    init(_ stores: Stores) throws {
        self.stores = stores
        relay = try Relay(wholeSystem: [Service(store: stores["till"], subscribers: [])])
    }
}

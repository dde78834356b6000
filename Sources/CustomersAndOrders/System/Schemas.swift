internal import Customers
internal import OrderHistory
internal import Orders
internal import Tram
internal import TramSQLite

/// The stores' schemas. Each has an application id of its own, so that a file under another's name is
/// not taken for it: the letters `Trm` and a letter of the service.
enum Schemas {
    static let customer = Schema(
        applicationID: 0x5472_6D43,
        library: LibraryTables.messagingAndSagas, migrations: [Migration(CustomerTables.create)])
    static let order = Schema(
        applicationID: 0x5472_6D4F,
        library: LibraryTables.messagingAndSagas,
        migrations: [
            Migration(OrderTables.create), Migration(OrderTables.knowUnknownReasons),
        ])
    static let history = Schema(
        applicationID: 0x5472_6D48,
        library: LibraryTables.messaging,
        migrations: [Migration(HistoryTables.create), Migration(HistoryTables.noteGaps)])
}

import Tram

/// The world outside, as far as the story needs it. One thread tells the story.
final class World: @unchecked Sendable {
    static let outside = World()
    var isGatewayBusy = false
    var isWarehouseOpen = true
}

/// Takes payments. What it tells of them depends on the program's version.
enum Payments {
    static let tables = [
        "CREATE TABLE payment (customer_order INTEGER NOT NULL, cents INTEGER NOT NULL) STRICT"
    ]

    typealias Tell = @Sendable (_ order: Int, _ cents: Int, any Transaction) throws -> Void

    static func handlers(
        and others: [CommandHandler] = [], tell: @escaping Tell
    ) -> CommandHandlers {
        CommandHandlers(
            "payments", on: .payments,
            [
                .on(Charge.self) { command, transaction in
                    if World.outside.isGatewayBusy { throw GatewayBusy() }
                    try transaction.execute(
                        "INSERT INTO payment VALUES (\(command.order), \(command.cents))")
                    try tell(command.order, command.cents, transaction)
                    return .success(Done(), "order \(command.order) charged")
                },
                .on(Refund.self) { command, transaction in
                    try transaction.execute(
                        "DELETE FROM payment WHERE customer_order = \(command.order)")
                    return .success(Done(), "order \(command.order) refunded")
                },
            ] + others)
    }
}

/// Sends parcels, as long as the warehouse is open.
enum Shipping {
    static let tables = ["CREATE TABLE parcel (customer_order INTEGER PRIMARY KEY) STRICT"]

    struct WarehouseClosed: Error, CustomStringConvertible {
        let description = "the warehouse is closed"
    }

    static let handlers = CommandHandlers(
        "shipping", on: .shipping,
        [
            .on(Ship.self) { command, transaction in
                guard World.outside.isWarehouseOpen else { throw WarehouseClosed() }
                try transaction.execute("INSERT INTO parcel VALUES (\(command.order))")
                return .success(Done(), "parcel for \(command.customer) sent")
            }
        ])
}

// A system that is edited while it lives: the second version of a shop goes on with the stores, the
// messages and the sagas of the first. Nothing is charged, mailed or booked twice, and nothing is lost.
//
// Run it with: swift run GrowingShop

import FoundationEssentials
import Tram
import TramSQLite

@main
struct GrowingShop {
    static func main() throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "growing-shop-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let clock = Clock()
        try firstVersion(in: directory, clock)
        try secondVersion(in: directory, clock)
    }

    private static func firstVersion(in directory: String, _ clock: Clock) throws {
        let sagas = try SagaManager(Version1.FulfilOrder(), id: "fulfilment")
        let shop = try Shop(
            in: directory, clock, migrations: [Migration(Orders.tables)],
            [sagas, Version1.mailer], payments: Version1.payments)
        func order(_ number: Int, _ customer: String, _ cents: Int) throws {
            let data = Version1.FulfilOrder.Data(order: number, customer: customer, cents: cents)
            try shop.orders.write { _ = try sagas.start(data, key: "order \(number)", in: $0) }
        }

        say("Version 1. Ada orders, and her order is fulfilled.")
        try order(1, "Ada", 500)
        try shop.runUntilIdle()

        say("Bob orders. When he has been charged, the program is stopped.")
        try order(2, "Bob", 700)
        try shop.pass()
    }

    private static func secondVersion(in directory: String, _ clock: Clock) throws {
        let sagas = try SagaManager(
            Version2.FulfilOrder(), formerly: [Version1.FulfilOrder()], id: "fulfilment")
        let shop = try Shop(
            in: directory, clock,
            migrations: [Migration(Orders.tables), Migration(Orders.books)],
            [sagas, Version2.notifications, Version2.ledger, Version2.statistics],
            payments: Version2.payments)
        func order(_ number: Int, _ customer: String, _ cents: Int) throws -> SagaReference {
            let data = Version2.FulfilOrder.Data(
                order: number, customer: customer,
                amount: Version2.Amount(cents: cents, currency: "EUR"))
            return try shop.orders.write {
                try sagas.start(data, key: "order \(number)", in: $0).reference
            }
        }

        say("Version 2. Bob's saga goes on by version 1; late subscribers hear what they missed.")
        try shop.runUntilIdle()

        say("Cleo orders. The gateway is busy, and is asked again a second later.")
        World.outside.isGatewayBusy = true
        _ = try order(3, "Cleo", 900)
        try shop.runUntilIdle()
        World.outside.isGatewayBusy = false
        clock.now = clock.now + .seconds(1)
        try shop.runUntilIdle()

        say("Dan has no address. Writing to him fails, and is parked; all else goes on.")
        _ = try order(4, "Dan", 100)
        try shop.runUntilIdle()
        try discardAll(shop)

        say("The warehouse is closed when Eve's parcel is to be sent. That is discarded, too.")
        World.outside.isWarehouseOpen = false
        let eve = try order(5, "Eve", 300)
        try shop.runUntilIdle()
        try discardAll(shop)
        try shop.runUntilIdle()

        say("So her saga is stuck. The warehouse opens, and an operator has the saga ask again.")
        World.outside.isWarehouseOpen = true
        if let outlook = try shop.relay.outlook(of: eve), outlook.isStuck {
            let effects = try shop.orders.write {
                try sagas.decide(.resend, outlook, because: "the warehouse is open", in: $0)
            }
            print("  " + effects.joined(separator: "; "))
        }
        try shop.runUntilIdle()

        say("In the end:")
        try shop.tell()
    }

    private static func discardAll(_ shop: Shop) throws {
        for letter in try shop.relay.discard(DeadLetterSelection()) {
            print("  an operator discards \(letter.message.type) \(letter.message.id)")
        }
    }

    private static func say(_ text: String) {
        print("\n\(text)")
    }
}

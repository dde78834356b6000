// Transactional messaging from async code. What works on a store blocks, so it has threads of its own:
// the shop is an actor with an executor of its own, and the relay has another thread.
//
// Run it with: swift run AsyncTram

import Foundation
import Tram
import TramRunner
import TramSQLite

/// What the shop tells the packers.
struct OrderPlaced: DomainEvent {
    static let eventType = "OrderPlaced"
    static let channel: EventChannel = "Order"
    let item: String
}

/// The shop, as async code sees it. Its transactions are short and never wait for anything async, since
/// no body of one can: so nothing else is done on its thread meanwhile.
actor Shop {
    private let executor = ThreadExecutor()
    private let store: SQLiteStore
    private var orders = 0

    init(in directory: String) {
        store = Stores.shop(in: directory)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    func place(_ item: String) throws -> MessageID {
        orders += 1
        return try store.write { transaction in
            try transaction.publish(OrderPlaced(item: item), about: orders)
        }
    }
}

/// The files of the two services. A store is used by one thread at a time: whoever needs one has its own.
enum Stores {
    static func shop(in directory: String) -> SQLiteStore {
        SQLiteStore(
            name: "shop", path: directory + "/shop.db",
            schema: Schema(applicationID: 1, library: LibraryTables.messaging))
    }

    static func packing(in directory: String) -> SQLiteStore {
        SQLiteStore(
            name: "packing", path: directory + "/packing.db",
            schema: Schema(
                applicationID: 2, library: LibraryTables.messaging,
                migrations: [["CREATE TABLE parcel (item TEXT) STRICT"]]))
    }

    static func relay(in directory: String) throws -> Relay {
        let packers = DomainEventHandlers(
            "packers",
            [
                .on(OrderPlaced.self) { event, transaction in
                    try transaction.execute("INSERT INTO parcel VALUES (\(event.item))")
                    return .handled("packed \(event.item)")
                }
            ])
        return try Relay(wholeSystem: [
            Service(store: shop(in: directory), subscribers: []),
            Service(store: packing(in: directory), subscribers: [packers]),
        ])
    }
}

@main
struct AsyncTram {
    static func main() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Stores.shop(in: directory).create()
        try Stores.packing(in: directory).create()

        let (deliveries, told) = AsyncStream.makeStream(of: Delivery.self)
        let runner = RelayRunner {
            let relay = try Stores.relay(in: directory)
            var session = RelayRunner.Session(relay.run(), lock: RelayLock(of: relay))
            session.report = { event in
                if case .delivered(let delivery) = event { told.yield(delivery) }
            }
            return session
        }
        async let relaying: Void = onThread { try runner.run() }

        let shop = Shop(in: directory)
        for item in ["tea", "cups"] { print("sent \(try await shop.place(item))") }
        // The relay would notice by itself; so it need not look.
        runner.wake()

        for await delivery in deliveries.prefix(2) {
            let effect = delivery.receipt.effects.joined(separator: ", ")
            print("\(delivery.message.id) -> \(delivery.subscriber ?? "nobody"): \(effect)")
        }
        runner.stop()
        try await relaying
        print("the relay has stopped")
    }
}

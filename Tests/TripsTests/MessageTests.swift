import TestSupport
import Testing
import Tram
import TramSQLite
import TramWorkbench

@testable import trips

/// What `trips schema` prints, and what is sent.
@Suite struct MessageTests {
    @Test func `every message is as its description says`() throws {
        let system = try Trips(inMemoryWithClock: fixedClock)
        for city in ["Lisbon", "Malta", "Oslo", "Porto", "Rome"] {
            let request = BookTrip.Data(traveller: "Ada", city: city, wantsCar: true)
            _ = try system.trips.book(request, key: nil)
        }
        for _ in 1...4 {
            try system.relay.run().runUntilIdle(RelayRun.Bounds(advance: .seconds(600)))
        }
        let schemas = try AsyncAPI(system).document["components"]?["messages"]
        var types: Set<String> = []
        for store in system.stores.all {
            let sent = try store.read { try Outbox($0).messages(after: 0, limit: 99) }
            // The library's own is not the application's to describe.
            for message in sent.map(\.message) where message.type != "SagaUnlockCommand" {
                types.insert(message.type)
                let schema = schemas?[message.type] ?? schemas?["\(message.type).reply"]
                try expect(Set(message.headers.keys), schema?["headers"])
                let payload = try JSON(parsing: Array(message.payload.utf8))
                try expect(payload.keys, schema?["payload"])
            }
        }
        #expect(
            types == [
                "BookRoom", "FreeRoom", "RentCar", "ReturnCar", "BookSeat", "MailTicket",
                "Success", "Unavailable",
            ])
    }

    /// All that must be there is, and nothing else.
    private func expect(_ keys: Set<String>, _ schema: JSON?) throws {
        let schema = try #require(schema)
        let known = schema["properties"]?.keys ?? []
        #expect(keys.subtracting(known) == [])
        #expect((schema["required"]?.strings ?? []).subtracting(keys) == [])
    }
}

extension JSON {
    fileprivate subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    fileprivate var keys: Set<String> {
        guard case .object(let members) = self else { return [] }
        return Set(members.map(\.key))
    }

    fileprivate var strings: Set<String> {
        guard case .array(let elements) = self else { return [] }
        return Set(
            elements.compactMap { if case .string(let text) = $0 { text } else { nil } })
    }
}

import TestSupport
import Testing
import Tram
import TramSQLite

/// When a relay that goes on for good takes its turns.
@Suite struct RelayWatchTests {
    /// A store whose version the test tells.
    private final class Versioned: SharedStore {
        let store: any Store
        var version = 0
        var isAway = false

        init(_ store: any Store) {
            self.store = store
        }

        var name: String { store.name }

        func dataVersion() throws -> Int { version }

        func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
            if isAway { throw StoreError.missing(path: name) }
            return try store.write(body)
        }

        func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
            if isAway { throw StoreError.missing(path: name) }
            return try store.read(body)
        }

        func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
            try store.rehearse(body)
        }

        func batch<Result>(_ body: () throws -> Result) throws -> Result { try body() }

        func excludeWriters() -> (any WritersExclusion)? { nil }
    }

    /// A watch at a time that the test tells.
    private final class Watched {
        let system: Relayed
        private(set) var stores: [Versioned] = []
        let run: RelayRun
        private var watch: RelayWatch
        private var turns = 0

        init() throws {
            var stores: [Versioned] = []
            system = try Relayed(wrap: {
                stores.append(Versioned($0))
                return stores[stores.count - 1]
            })
            self.stores = stores
            run = system.relay.run(parking: .never)
            watch = RelayWatch(run, deadlineInterval: 500)
        }

        /// What a look at a time has come to, and how many turns were taken so far.
        func look(_ now: Int64) throws -> String {
            let look = try watch.look(now: now) {
                turns += 1
                return try run.runUntilIdle().isIdle
            }
            return "\(look) \(turns)"
        }
    }

    @Test func `a turn is taken when something was committed, and for deadlines`() throws {
        let watched = try Watched()
        #expect(try watched.look(0) == "drained 1")
        #expect(try watched.look(1) == "nothingNew 1")
        try watched.system.publish(1, about: 1)
        watched.stores[0].version += 1
        #expect(try watched.look(2) == "drained 2")
        #expect(try watched.system.heard() == [1])
        #expect(try watched.look(3) == "nothingNew 2")
        #expect(try watched.look(501) == "nothingNew 2")
        #expect(try watched.look(502) == "drained 3")
        #expect(try watched.look(503) == "nothingNew 3")
    }

    @Test func `what fails is tried again at growing distances`() throws {
        let watched = try Watched()
        try watched.system.publish(-1, about: 1)
        func attempts() throws -> Int? {
            try watched.system.sender.read {
                try Outbox($0).failures(of: MessageID(service: "sender", number: 1))["listener"]?
                    .attempts
            }
        }
        var moments: [Int64] = []
        var last = 0
        for now in stride(from: Int64(0), through: 20_000, by: 10) {
            _ = try watched.look(now)
            let count = try attempts() ?? 0
            if count > last { moments.append(now) }
            last = count
        }
        #expect(moments.count == 5, "\(moments)")
        let distances = zip(moments.dropFirst(), moments).map { $0 - $1 }
        #expect(zip(distances.dropFirst(), distances).allSatisfy { $0 > $1 }, "\(distances)")
        #expect((1000...1600).contains(distances[0]), "\(distances)")
    }

    @Test func `a service that was away gets its messages when it is back`() throws {
        let watched = try Watched()
        try watched.system.publish(1, about: 1)
        watched.stores[1].isAway = true
        for now in stride(from: Int64(0), through: 3000, by: 100) { _ = try watched.look(now) }
        #expect(try watched.system.heard() == [])
        watched.stores[1].isAway = false
        for now in stride(from: Int64(3100), through: 6000, by: 100) { _ = try watched.look(now) }
        #expect(try watched.system.heard() == [1])
    }

    @Test func `a turn that throws is taken again`() throws {
        let watched = try Watched()
        #expect(try watched.look(0) == "drained 1")
        var watch = RelayWatch(watched.run, deadlineInterval: 500)
        #expect(throws: CancellationError.self) {
            try watch.look(now: 0) { throw CancellationError() }
        }
        #expect(try watch.look(now: 1) { true } == .drained)
        #expect(try watch.look(now: 2) { true } == .nothingNew)
        watch.lookAgain()
        #expect(try watch.look(now: 3) { true } == .drained)
    }

    @Test func `a relay runs until nothing else can move`() throws {
        let system = try Relayed()
        for number in [1, -2, 3] { try system.publish(number, about: number) }
        var deliveries: [String] = []
        let last = try system.relay.runUntilIdle {
            if case .delivered(let delivery) = $0 { deliveries.append(describe(delivery)) }
        }
        #expect(last.isIdle)
        #expect(deliveries.contains("sender:2>listener failed"))
        #expect(deliveries.suffix(2) == ["receiver:1>nobody unheard", "receiver:2>nobody unheard"])
        var isAsked = false
        let bounds = RelayRun.Bounds(isInterrupted: {
            defer { isAsked = true }
            return isAsked
        })
        let cut = try Relayed(chunk: 1)
        for number in 1...3 { try cut.publish(number, about: number) }
        #expect(try cut.relay.run().runUntilIdle(bounds).isInterrupted)
        #expect(try cut.heard() == [1])
    }
}

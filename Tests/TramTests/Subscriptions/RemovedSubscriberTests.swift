import TestSupport
import Testing
import Tram
import TramSQLite

/// A subscriber that the program no longer has is removed by an operator, and holds nothing back then.
@Suite struct RemovedSubscriberTests {
    private func prepare(_ village: Village) throws {
        try village.publish([1, -2, 3], about: 1)
        try village.publish([-4], about: 2)
        let relay = try village.relay([village.listener("stays"), village.listener("goes")])
        try village.run(relay, maxAttempts: 1)
        try village.mend()
        _ = try relay.retry(DeadLetterSelection(subscriber: "stays"))
        try village.run(relay, maxAttempts: 1)
    }

    private func remaining(_ village: Village) throws -> Relay {
        try village.relay([village.listener("stays")])
    }

    @Test func `it is told of, and held what it had parked`() throws {
        let village = try Village()
        try prepare(village)
        let relay = try remaining(village)
        try village.run(relay)
        let known = try relay.subscriptions()
        #expect(known.map(\.id) == ["stays", "goes"])
        #expect(known.map(\.isKnown) == [true, false])
        #expect(known.map(\.handled) == [4, 1])
        #expect(known.map(\.parked) == [0, 2])
        #expect(known.map(\.service) == ["receiver", "receiver"])
        #expect(try relay.purge().freed.map(\.messages) == [1, 0])

        let removal = try relay.remove(subscriber: "goes")
        #expect(removal.handled == 1)
        #expect(removal.parked == 2)
        try village.run(relay)
        #expect(try relay.purge().freed.map(\.messages) == [3, 0])
        #expect(try village.rows(village.sender, "SELECT 1 FROM message") == [])
        #expect(try relay.subscriptions().map(\.id) == ["stays"])
        #expect(try village.heard(by: "stays").sorted() == [-4, -2, 1, 3])
    }

    @Test func `whatever transaction the process ends before, it is gone in the end`() throws {
        let ends = try Village.endEverywhere(prepare) { village in
            do {
                _ = try remaining(village).remove(subscriber: "goes")
            } catch SubscriberRemovalError.notFound {
                // It was gone before the process ended.
            }
        } _: { village, ended in
            let relay = try remaining(village)
            try village.run(relay)
            #expect(try relay.subscriptions().map(\.id) == ["stays"], "ended at \(ended)")
            #expect(try relay.purge().holds == [], "ended at \(ended)")
            #expect(try village.rows(village.sender, "SELECT 1 FROM message") == [])
        }
        #expect(ends == 2)
    }

    @Test func `one that the program has, or has renamed, or never had is not removed`() throws {
        let village = try Village()
        try prepare(village)
        let relay = try remaining(village)
        #expect(throws: SubscriberRemovalError.isKnown(id: "stays", service: "receiver")) {
            try relay.remove(subscriber: "stays")
        }
        #expect(throws: SubscriberRemovalError.notFound(id: "nobody")) {
            try relay.remove(subscriber: "nobody")
        }
        let renamed = try village.relay([village.listener("came", formerly: ["goes"])])
        #expect(throws: SubscriberRemovalError.isFormerID(id: "goes", of: "came")) {
            try renamed.remove(subscriber: "goes")
        }
        #expect(
            try renamed.subscriptions().map { "\($0.id) \($0.isKnown) \($0.presentID ?? "-")" }
                == ["came true -", "goes true came", "stays false -"])
    }

    @Test func `one that comes again is a new one`() throws {
        let village = try Village()
        try village.publish([1])
        let both = try village.relay([village.listener("stays"), village.listener("goes")])
        try village.run(both)
        _ = try remaining(village).remove(subscriber: "goes")
        try village.run(both)
        #expect(try village.heard(by: "goes") == [1, 1])
        #expect(try village.heard(by: "stays") == [1])
    }

    // MARK: Stashed commands

    /// A system in which one saga's command has a lock, and another's waits for it.
    private func stashing() throws -> StashSystem {
        let system = try StashSystem()
        try system.send(StashSystem.Act(name: "a", thing: "x"), saga: "1", step: "one")
        try system.send(StashSystem.Act(name: "b", thing: "x"), saga: "2", step: "one")
        try system.run()
        #expect(try system.done() == ["a"])
        return system
    }

    private func program(
        _ system: StashSystem, _ subscribers: [any Subscriber]
    ) throws -> Relay {
        try Relay(
            partOfSystem: [
                Service(store: system.sender, subscribers: []),
                Service(store: system.receiver, subscribers: subscribers),
            ])
    }

    @Test func `the commands that it has stashed go with it, and are told`() throws {
        let system = try stashing()
        #expect(try system.relay.subscriptions().map(\.stashed) == [0], "it goes on with them")
        let relay = try program(system, [])
        #expect(try relay.subscriptions().map(\.stashed) == [1])
        let removal = try relay.remove(subscriber: "receiver")
        #expect(removal.stashed == 1)
        #expect(removal.handled == 2)
        #expect(try system.rows("SELECT 1 FROM saga_stash_table").isEmpty)
        #expect(try relay.subscriptions().isEmpty)
        // Its program comes back: nothing is done that was given up.
        try system.unlock("x", saga: "1")
        try system.run()
        #expect(try system.done() == ["a"])
    }

    @Test func `those that another subscriber receives stay, and it goes on with them`() throws {
        let system = try stashing()
        let successor = CommandHandlers(
            "successor", on: "things",
            [
                .on(StashSystem.Act.self, locking: { $0.thing ?? "" }) { command, transaction in
                    try transaction.execute("INSERT INTO done VALUES (\(command.name))")
                    return .success()
                }
            ])
        let relay = try program(system, [successor])
        #expect(try relay.subscriptions().map(\.stashed) == [0, 0])
        #expect(try relay.remove(subscriber: "receiver").stashed == 0)
        try system.unlock("x", saga: "1")
        _ = try relay.run().pass()
        #expect(try system.done() == ["a", "b"])
    }
}

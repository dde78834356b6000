import TestSupport
import Testing
import Tram
import TramSQLite

/// The causes of what sagas and their participants send.
@Suite struct SagaCauseTests {
    /// Asks for a saga.
    struct Asked: DomainEvent {
        static let eventType = "Asked"
        static let channel: EventChannel = "Question"
    }

    /// A service whose sagas are started by users and by the event ``Asked``, and a participant that has
    /// one thing, which it locks. It refuses to undo while it is told to.
    private final class System {
        let sagas: SQLiteStore
        let hotel: SQLiteStore
        let manager: SagaManager<TestSaga>
        let relay: Relay

        init() throws {
            let clock = Clock()
            sagas = try SQLiteStore(
                inMemory: "sagas",
                schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
                clock: { clock.now })
            hotel = try SQLiteStore(
                inMemory: "hotel",
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: [["CREATE TABLE refusing (what TEXT) STRICT"]]),
                clock: { clock.now })
            let saga = TestSaga(
                Step("book").invokeParticipant(.participant) { _ in Do(step: 1) }
                    .deadline(.milliseconds(100))
                    .withCompensation(.participant) { _ in Undo(step: 1) })
            let manager = try SagaManager(saga, id: "sagas")
            self.manager = manager
            let starter = DomainEventHandlers(
                "starter",
                [
                    .on(Asked.self) { _, transaction in
                        try manager.start(TestSaga.Data(), in: transaction)
                        return .handled("started")
                    }
                ])
            let rooms = CommandHandlers(
                "hotel", on: .participant,
                [
                    .on(Do.self, locking: { _ in "Room/1" }) { _, _ in .success(Done(), "booked") },
                    .on(Undo.self) { _, transaction in
                        let isRefusing = try transaction.rows("SELECT 1 FROM refusing").isEmpty
                        if !isRefusing { throw Declined() }
                        return .success()
                    },
                ])
            relay = try Relay(wholeSystem: [
                Service(store: sagas, subscribers: [starter, manager]),
                Service(store: hotel, subscribers: [rooms]),
            ])
            self.clock = clock
        }

        private let clock: Clock

        final class Clock {
            var now = Timestamp(milliseconds: 0)
        }

        func wait(milliseconds: Int64) {
            clock.now = Timestamp(milliseconds: clock.now.milliseconds + milliseconds)
        }

        func start() throws {
            try sagas.write { _ = try manager.start(TestSaga.Data(), in: $0) }
        }

        func runUntilIdle(_ source: String? = nil) throws {
            let run = relay.run()
            while try !run.pass(RelayRun.Bounds(source: source)).isIdle {}
        }
    }

    @Test func `commands, replies and unlock commands are in the chain of their saga's start`()
        throws
    {
        let system = try System()
        try system.start()
        try system.runUntilIdle()
        #expect(
            try causes(system.sagas) == [
                "sagas:1 by nothing of sagas:1", "sagas:2 by hotel:1 of sagas:1",
                "sagas:3 by hotel:1 of sagas:1",
            ])
        #expect(try causes(system.hotel) == ["hotel:1 by sagas:1 of sagas:1"])
    }

    @Test func `what a resumed command sends is caused by it, not by what freed it`() throws {
        let system = try System()
        try system.start()
        try system.start()
        try system.runUntilIdle()
        #expect(
            try causes(system.sagas) == [
                "sagas:1 by nothing of sagas:1", "sagas:2 by nothing of sagas:2",
                "sagas:3 by hotel:1 of sagas:1", "sagas:4 by hotel:1 of sagas:1",
                "sagas:5 by hotel:2 of sagas:2", "sagas:6 by hotel:2 of sagas:2",
            ])
        #expect(
            try causes(system.hotel) == [
                "hotel:1 by sagas:1 of sagas:1", "hotel:2 by sagas:2 of sagas:2",
            ])
    }

    @Test func `what a deadline sends is caused by the command that waits`() throws {
        let system = try System()
        try system.sagas.write { _ = try $0.publish(Asked(), about: 1) }
        try system.relay.run().pass()
        system.wait(milliseconds: 101)
        // The hotel is slow: its outbox has no reply when the deadline passes.
        try system.relay.run().step(RelayRun.Bounds(source: "hotel"))
        #expect(
            try causes(system.sagas) == [
                "sagas:1 by nothing of sagas:1", "sagas:2 by sagas:1 of sagas:1",
                "sagas:3 by sagas:2 of sagas:1",
            ])
    }

    @Test func `a command whose row is gone is still the cause of what its deadline sends`() throws
    {
        let system = try System()
        try system.sagas.write { _ = try $0.publish(Asked(), about: 1) }
        try system.relay.run().pass()
        try system.sagas.write { _ = try $0.execute("DELETE FROM message WHERE id = 2") }
        system.wait(milliseconds: 101)
        try system.relay.run().step(RelayRun.Bounds(source: "hotel"))
        #expect(try causes(system.sagas).last == "sagas:3 by sagas:2 of sagas:2")
    }

    @Test func `what an operator sends again is caused by the command that was refused`() throws {
        let system = try System()
        try system.hotel.write { _ = try $0.execute("INSERT INTO refusing VALUES ('all')") }
        try system.start()
        system.wait(milliseconds: 101)
        try system.relay.run().step(RelayRun.Bounds(source: "hotel"))
        try system.runUntilIdle()
        let instance = try system.sagas.read { try system.manager.instance("1", in: $0) }
        #expect(instance?.state == .failed(step: "book"))
        let before = try causes(system.sagas)
        #expect(before[1] == "sagas:2 by sagas:1 of sagas:1")
        let outlook = try #require(
            try system.relay.outlook(of: SagaReference(type: TestSaga.sagaType, id: "1")))
        try system.sagas.write { _ = try system.manager.decide(.retry, outlook, in: $0) }
        let after = try causes(system.sagas)
        #expect(after.last?.hasSuffix("by sagas:2 of sagas:1") == true, "\(after)")
        #expect(after.count == before.count + 1)
    }
}

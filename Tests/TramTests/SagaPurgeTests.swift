import TestSupport
import Testing
import Tram
import TramSQLite

/// A saga is purged when it has ended and nothing of it is left anywhere; a failed one never is.
@Suite struct SagaPurgeTests {
    private let system: Hotel

    init() throws {
        system = try Hotel()
    }

    @Test func `sagas that have ended are freed with their logs`() throws {
        try system.start(rooms: 1, 2)
        try system.start(rooms: 13)
        try system.relayUntilIdle()
        #expect(try system.states() == ["1 completed", "2 rolledBack"])
        var bounds = PurgeBounds()
        bounds.page = 1
        let report = try system.relay.purge(bounds)
        #expect(report.freed.map(\.sagas) == [2, 0])
        #expect(report.holds == [])
        for table in ["saga_instance", "saga_log", "saga_instance_participants"] {
            #expect(try system.count(table) == 0, "\(table)")
        }
        let reference = SagaReference(type: "TestSaga", id: "1")
        #expect(try system.sagas.read { try Sagas.isPurged(reference, in: $0) })
        #expect(try system.sagas.read { try Sagas.purgedCount(in: $0) } == 2)
        #expect(try system.sagas.read { try Sagas.overview(of: reference, in: $0) } == nil)
        #expect(try system.sagas.read { try Sagas.log(of: reference, in: $0) } == [])
        #expect(try system.start(rooms: 3).id == "3", "numbers go on")
        for id in ["3", "4"] {
            let saga = SagaReference(type: "TestSaga", id: id)
            #expect(try !system.sagas.read { try Sagas.isPurged(saga, in: $0) })
        }
        try system.relayUntilIdle()
        #expect(try system.states() == ["3 completed"])
    }

    @Test func `the end of its log tells how old a saga is`() throws {
        try system.start(rooms: 1)
        try system.relayUntilIdle()
        let now = Int(fixedClock().milliseconds)
        // It began long ago.
        try system.sagas.write {
            _ = try $0.execute("UPDATE saga_log SET creation_time = 0 WHERE event <> 'completed'")
            _ = try $0.execute(
                "UPDATE saga_log SET creation_time = \(now - 50) WHERE event = 'completed'")
        }
        try system.start(rooms: 2)
        #expect(try system.relay.purge(PurgeBounds(olderThan: .milliseconds(51))).holds == [])
        #expect(
            try system.relay.purge(PurgeBounds(olderThan: .milliseconds(51))).freed.map(\.sagas)
                == [0, 0])
        #expect(
            try system.relay.purge(PurgeBounds(olderThan: .milliseconds(50))).freed.map(\.sagas)
                == [1, 0])
    }

    @Test func `a late reply to a purged saga is ignored, and its lock is freed`() throws {
        try system.start(rooms: 1)
        try system.relayUntilIdle()
        _ = try system.relay.purge(PurgeBounds(service: "sagas"))
        #expect(try system.states() == [])
        // The reply comes once more, under another id: the participant has lost what it knew.
        try system.hotel.write { transaction in
            try transaction.execute("DELETE FROM received_messages")
            try transaction.execute("DELETE FROM purged_inbox")
        }
        try system.sagas.write { transaction in
            _ = try transaction.send(
                Do(step: 1), to: .participant, orderedBy: "1", replyTo: "TestSaga-reply",
                sagaHeaders: [
                    MessageHeader.commandSagaType: "TestSaga", MessageHeader.commandSagaID: "1",
                ])
        }
        let run = system.relay.run()
        try run.pass()
        #expect(try system.count("saga_lock_table") == 1)
        #expect(
            try system.deliveries(run) == [
                "Success ignored: TestSaga 1 has ended, and was purged"
            ])
        #expect(try system.deliveries(run) == ["SagaUnlockCommand handled: unlocked Room/1"])
        #expect(try system.count("saga_lock_table") == 0)
    }

    @Test func `a reply to a saga that never was is ignored, and asks for nothing`() throws {
        try system.start(rooms: 1)
        try system.relayUntilIdle()
        _ = try system.relay.purge()
        try system.sagas.write { transaction in
            _ = try transaction.send(
                Do(step: 1), to: .participant, orderedBy: "9", replyTo: "TestSaga-reply",
                sagaHeaders: [
                    MessageHeader.commandSagaType: "TestSaga", MessageHeader.commandSagaID: "9",
                ])
        }
        let run = system.relay.run()
        try run.pass()
        #expect(
            try system.deliveries(run) == ["Success ignored: there is no saga TestSaga 9"])
    }

    @Test func `a running saga is kept, and so is one whose unlock is on its way`() throws {
        try system.start(rooms: 1)
        let run = system.relay.run()
        try expectKept("running")
        try run.pass()
        try expectKept("running")
        try run.pass()
        #expect(try system.states() == ["1 completed"])
        try expectKept("pending sagas:2")
        // Whatever became of the unlock, the participant still has the lock.
        try system.markUnlockPublished()
        try expectKept("locked at hotel")
        try system.hotel.write { _ = try $0.execute("DELETE FROM saga_lock_table") }
        try expectKept(nil)
    }

    @Test func `a reply that failed holds its saga`() throws {
        try system.start(rooms: 1)
        try system.relayUntilIdle()
        // The saga's own reply has come again, and was changed.
        try system.sagas.write { _ = try $0.execute("DELETE FROM received_messages") }
        try system.hotel.write {
            _ = try $0.execute("UPDATE message SET payload = 'spoiled', published = 0")
        }
        try system.relayUntilIdle()
        try expectKept("pending hotel:1")
    }

    @Test func `a failed saga is kept, and its log`() throws {
        try system.start(rooms: 66, 13)
        try system.relayUntilIdle()
        #expect(try system.states() == [#"1 failed(step: "room 0")"#])
        try system.hotel.write { _ = try $0.execute("DELETE FROM saga_lock_table") }
        let log = try system.count("saga_log")
        try expectKept("failed")
        #expect(try system.count("saga_log") == log)
    }

    @Test func `a stashed command holds its saga, its message, and its inbox row`() throws {
        try system.start(rooms: 1)
        try system.relay.run().pass()
        // The first one's saga is over, and nobody has unlocked its room; the second one waits.
        try system.start(rooms: 1)
        try system.start(rooms: 2)
        try system.relay.run().pass()
        try system.markUnlockPublished()
        try system.relayUntilIdle()
        #expect(try system.count("saga_stash_table") == 1)
        let report = try system.relay.purge()
        #expect(
            system.describe(report.holds) == [
                "sagas messages stashed 1 sagas:2 hotel",
                "sagas messages unhandled 1 sagas:4 participant",
                "sagas sagas running 1 TestSaga 2 -",
                "sagas sagas locked 1 TestSaga 1 hotel",
                "hotel handled stashed 2 sagas:2 participant",
            ])
        #expect(report.freed.map(\.sagas) == [1, 0])
        #expect(try system.sagas.read { try Outbox($0).message(2) } != nil)
        #expect(
            try system.hotel.read {
                try Inbox($0).contains(
                    MessageID(service: "sagas", number: 2), for: "participant")
            })
        #expect(try system.hotel.read { try Inbox($0).positions() }.map(\.through) == [1])
    }

    @Test func `a saga of a type that nobody runs is kept, and one without a log`() throws {
        try system.start(rooms: 1)
        try system.start(rooms: 2)
        try system.relayUntilIdle()
        try system.sagas.write { transaction in
            try transaction.execute(
                "UPDATE saga_instance SET saga_type = 'Another' WHERE id = 1")
            try transaction.execute("UPDATE saga_log SET saga_type = 'Another' WHERE saga_id = '1'")
            try transaction.execute("DELETE FROM saga_log WHERE saga_id = '2'")
        }
        let report = try system.relay.purge()
        #expect(
            system.describe(report.holds) == [
                "sagas sagas unknown-type 1 Another 1 -", "sagas sagas unlogged 1 TestSaga 2 -",
            ])
        #expect(report.freed.map(\.sagas) == [0, 0])
    }

    private func expectKept(
        _ words: String?, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let report = try system.relay.rehearse { try system.relay.purge() }
        let holds = report.holds.filter { $0.what == .sagas }.map { hold in
            [
                hold.reason.rawValue, hold.message?.description, hold.holder.map { "at \($0)" },
            ].compactMap { $0 }.joined(separator: " ")
        }
        #expect(holds == [words].compactMap { $0 }, sourceLocation: sourceLocation)
        #expect(report.freed[0].sagas == (words == nil ? 1 : 0), sourceLocation: sourceLocation)
    }
}

/// A service that runs sagas, and a hotel: it has each room for one saga, no room 13, and nobody gets
/// out of room 66.
private struct Hotel {
    let sagas: SQLiteStore
    let hotel: SQLiteStore
    let manager: SagaManager<TestSaga>
    let relay: Relay

    init() throws {
        sagas = try messagingStore("sagas")
        hotel = try messagingStore("hotel")
        let steps = [0, 1].map { index in
            Step<TestSaga.Data>("room \(index)")
                .invokeParticipant(.participant, when: { $0.notes.count > index }) {
                    Do(step: Int($0.notes[index]) ?? 0)
                }
                .withCompensation(.participant, when: { $0.notes.count > index }) {
                    Undo(step: Int($0.notes[index]) ?? 0)
                }
        }
        manager = try SagaManager(TestSaga(steps: steps), id: "sagas")
        let rooms = CommandHandlers(
            "participant", on: .participant,
            [
                .on(Do.self, locking: { "Room/\($0.step)" }) { command, _ in
                    if command.step == 13 { throw Declined() }
                    return .success()
                },
                .on(Undo.self) { command, _ in
                    if command.step == 66 { throw Declined() }
                    return .success()
                },
            ])
        relay = try Relay(wholeSystem: [
            Service(store: sagas, subscribers: [manager]),
            Service(store: hotel, subscribers: [rooms]),
        ])
    }

    @discardableResult
    func start(rooms: Int...) throws -> SagaReference {
        let data = TestSaga.Data(notes: rooms.map(String.init))
        return try sagas.write { try manager.start(data, in: $0).reference }
    }

    func relayUntilIdle() throws {
        let run = relay.run()
        while try !run.pass().isIdle {}
    }

    func markUnlockPublished() throws {
        try sagas.write {
            _ = try $0.execute("UPDATE message SET published = 1 WHERE type = 'SagaUnlockCommand'")
        }
    }

    /// Makes a pass and gives what was delivered, without events.
    func deliveries(_ run: RelayRun) throws -> [String] {
        var deliveries: [String] = []
        try run.pass {
            guard case .delivered(let delivery) = $0, delivery.subscriber != nil else { return }
            deliveries.append(
                "\(delivery.message.type) \(delivery.receipt.outcome): "
                    + delivery.receipt.effects.joined(separator: "; "))
        }
        return deliveries
    }

    func states() throws -> [String] {
        try sagas.read { transaction in
            try (1...9).compactMap { id in
                try manager.instance("\(id)", in: transaction).map { "\(id) \($0.state)" }
            }
        }
    }

    /// How many rows a table has in both stores.
    func count(_ table: String) throws -> Int {
        try [sagas, hotel].reduce(0) { count, store in
            let own: Int = try store.read {
                try $0.rows(SQL(unsafeText: "SELECT count(*) FROM \(table)"))[0].values()
            }
            return count + own
        }
    }

    func describe(_ holds: [PurgeHold]) -> [String] {
        holds.map {
            let what = $0.saga?.description ?? $0.message?.description ?? "-"
            return "\($0.service) \($0.what) \($0.reason.rawValue) \($0.count) \(what) "
                + "\($0.holder ?? "-")"
        }
    }
}

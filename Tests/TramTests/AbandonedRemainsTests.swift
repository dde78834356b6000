import TestSupport
import Testing
import Tram
import TramSQLite

/// A saga that no definition of the program can go on with is given up.
@Suite struct AbandonedRemainsTests {
    /// Two steps at two participants, and somebody who listens to its end.
    struct Trip: Saga {
        static let sagaType = "Trip"
        struct Data: Codable, Sendable { var city = "Paris" }
        var steps: [Step<Data>] {
            [
                Step("book").invokeParticipant("hotel") { _ in Do(step: 1) }
                    .withCompensation("hotel") { _ in Undo(step: 1) },
                Step("fly").invokeParticipant("airline") { _ in Do(step: 2) }
                    .withCompensation("airline") { _ in Undo(step: 2) },
            ]
        }

        func failed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws {
            try transaction.publish(SagaEnded(how: "failed in \(data.city)"), about: saga.id)
        }
    }

    /// The next one, which neither flies nor knows cities.
    struct NextTrip: Saga {
        static let sagaType = "Trip"
        static let version = 2
        struct Data: Codable, Sendable { var country = "France" }
        var steps: [Step<Data>] {
            [Step("book").invokeParticipant("hotel") { _ in Do(step: 1) }]
        }
    }

    let sagas: SQLiteStore
    let others: SQLiteStore
    let saga = SagaReference(type: "Trip", id: "1")

    /// Booked, and the flight's reply is on its way: both participants have a lock.
    init() throws {
        sagas = try messagingStore("sagas")
        others = try messagingStore("others")
        let manager = try SagaManager(Trip(), id: "trips")
        _ = try sagas.write { try manager.start(Trip.Data(), in: $0) }
        let run = try relay(manager).run()
        for _ in 1...3 { try run.pass() }
        #expect(try state() == .running(step: "fly"))
        #expect(try locks() == ["1", "2"])
    }

    private func relay(_ manager: some Subscriber) throws -> Relay {
        func participant(_ id: String) -> CommandHandlers {
            CommandHandlers(
                id, on: CommandChannel(id),
                [
                    .on(Do.self, locking: { "\($0.step)" }) { _, _ in .success() },
                    .on(Undo.self) { _, _ in .success() },
                ])
        }
        return try Relay(wholeSystem: [
            Service(store: sagas, subscribers: [manager]),
            Service(
                store: others, subscribers: [participant("hotel"), participant("airline")]),
        ])
    }

    private func state() throws -> SagaState? {
        try sagas.read { try Sagas.overview(of: saga, in: $0)?.state }
    }

    private func locks() throws -> [String] {
        try others.read {
            try $0.rows("SELECT target FROM saga_lock_table ORDER BY target").map {
                try $0.values()
            }
        }
    }

    private func spoil(_ statement: StaticString) throws {
        try sagas.write { _ = try $0.execute(SQL(stringLiteral: statement)) }
    }

    private func log() throws -> [SagaLogEntry] {
        try sagas.read { try Sagas.log(of: saga, in: $0) }
    }

    private func published() throws -> [String] {
        try sagas.read {
            try Outbox($0).messages(after: 0, limit: 99).map(\.message)
                .filter { $0.type == SagaEnded.eventType }.map(\.payload)
        }
    }

    /// It has ended for good: the late reply moves nothing, and whoever knows its definition again finds
    /// it abandoned.
    private func expectGone(
        _ manager: SagaManager<some Saga>, atStep step: String = "fly",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(try state() == .failed(step: step), sourceLocation: sourceLocation)
        let run = try relay(manager).run()
        var failures: [String] = []
        func pass() throws -> Bool {
            try run.pass {
                if case .delivered(let delivery) = $0, delivery.receipt.outcome == .failed {
                    failures += delivery.receipt.effects
                }
            }.isIdle
        }
        while try !pass() {}
        #expect(failures == [], sourceLocation: sourceLocation)
        #expect(try locks() == [], sourceLocation: sourceLocation)
        #expect(try state() == .failed(step: step), sourceLocation: sourceLocation)
        #expect(try log().last?.event == .ignored, sourceLocation: sourceLocation)

        try spoil("UPDATE saga_instance SET definition_version = 1")
        let knowing = try SagaManager(Trip(), id: "trips")
        let relay = try relay(knowing)
        let run2 = relay.run()
        while try !run2.pass().isIdle {}
        #expect(try state() == .failed(step: step), sourceLocation: sourceLocation)
        let outlook = try #require(try relay.outlook(of: saga))
        #expect(outlook.isAbandoned && !outlook.isStuck, sourceLocation: sourceLocation)
        for decision in SagaDecision.allCases {
            #expect(throws: SagaError.abandoned(saga), sourceLocation: sourceLocation) {
                try sagas.write { try knowing.decide(decision, outlook, in: $0) }
            }
        }
        #expect(throws: SagaError.abandoned(saga), sourceLocation: sourceLocation) {
            try sagas.write { try knowing.abandon(saga, in: $0) }
        }
        let inspected = try sagas.read { try knowing.inspect("1", in: $0) }
        #expect(inspected.isAbandoned, sourceLocation: sourceLocation)
        #expect(inspected.damage == [], sourceLocation: sourceLocation)
        #expect(inspected.stranded == nil, sourceLocation: sourceLocation)
        #expect(
            try sagas.read { try Sagas.isConsistent(saga, in: $0) },
            sourceLocation: sourceLocation)
        let decisions = try sagas.read { try Sagas.decisions(in: $0) }
        #expect(decisions.map(\.decision) == [.abandon], sourceLocation: sourceLocation)
        #expect(decisions.map(\.step) == [step], sourceLocation: sourceLocation)
        #expect(decisions.map(\.reason) == ["settled"], sourceLocation: sourceLocation)
    }

    @Test func `of an unknown version, by what the rows know`() throws {
        let manager = try SagaManager(NextTrip(), id: "trips")
        let outlook = try #require(try relay(manager).outlook(of: saga))
        let detail =
            "it was started with version 1 of its definition, and this program knows version 2"
        let effects = try sagas.write {
            try manager.decide(.abandon, outlook, because: "settled", in: $0)
        }
        #expect(
            effects == ["Trip 1: abandoned, FAILED, what was to follow was not done (\(detail))"])
        #expect(try published() == [], "nobody can tell the application what was given up")
        let entries = try log().suffix(3)
        #expect(entries.map(\.event) == [.abandoned, .failed, .hookFailed])
        #expect(entries.map(\.detail) == ["settled", "", "not called: \(detail)"])
        #expect(entries.first?.step == "fly")
        #expect(entries.first?.message == MessageID(service: "sagas", number: 2))
        // The present definition does not know the airline.
        let unlocks = try sagas.read {
            try Outbox($0).messages(after: 2, limit: 99).map(\.message)
        }
        #expect(unlocks.map(\.destination) == ["hotel", "hotel", "airline"])
        #expect(unlocks.allSatisfy { $0.causationID?.description == "sagas:2" })
        try expectGone(manager)
    }

    @Test(arguments: [
        "UPDATE saga_instance SET saga_data_json = '{}'",
        "UPDATE saga_instance SET saga_data_json = '{'",
    ])
    func `whose data does not decode, without its hook`(statement: String) throws {
        try sagas.write { _ = try $0.execute(SQL(unsafeText: statement)) }
        let manager = try SagaManager(Trip(), id: "trips")
        let outlook = try #require(try relay(manager).outlook(of: saga))
        let effects = try sagas.write {
            try manager.decide(.abandon, outlook, because: "settled", in: $0)
        }
        #expect(
            effects.first?.hasPrefix(
                "Trip 1: abandoned, FAILED, what was to follow was not done (the column "
                    + "saga_data_json holds") == true)
        #expect(try published() == [])
        try expectGone(manager)
    }

    @Test(arguments: [
        ("UPDATE saga_instance SET executed_steps = '[\"swim\"]'", "fly"),
        ("UPDATE saga_instance SET executed_steps = ''", "fly"),
        ("UPDATE saga_instance SET retries = 'x'", "fly"),
        ("UPDATE saga_instance SET state_name = replace(state_name, 'fly', 'swim')", "swim"),
    ])
    func `whose steps are not known, with its hook`(statement: String, step: String) throws {
        try sagas.write { _ = try $0.execute(SQL(unsafeText: statement)) }
        let manager = try SagaManager(Trip(), id: "trips")
        let outlook = try #require(try relay(manager).outlook(of: saga))
        let effects = try sagas.write {
            try manager.decide(.abandon, outlook, because: "settled", in: $0)
        }
        #expect(effects == ["Trip 1: abandoned, FAILED"])
        #expect(try published() == [#"{"how":"failed in Paris"}"#])
        try expectGone(manager, atStep: step)
    }

    @Test(arguments: [
        "UPDATE saga_instance SET state_name = 'x'",
        "UPDATE saga_instance SET last_request_id = 'x', state_name = ''",
        "UPDATE saga_instance SET last_request_id = 'x'",
    ])
    func `whose row does not say where it stands, without an outlook`(statement: String) throws {
        try sagas.write { _ = try $0.execute(SQL(unsafeText: statement)) }
        let manager = try SagaManager(Trip(), id: "trips")
        #expect(throws: SagaDamage.self) { try relay(manager).outlook(of: saga) }
        let effects = try sagas.write { try manager.abandon(saga, because: "settled", in: $0) }
        #expect(effects == ["Trip 1: abandoned, FAILED"])
        #expect(try published() == [#"{"how":"failed in Paris"}"#])
        #expect(try log().suffix(2).map(\.event) == [.abandoned, .failed])
        try expectGone(manager)
    }

    @Test func `that had failed before, without telling it again`() throws {
        _ = try sagas.write { transaction in
            try transaction.execute(
                """
                UPDATE saga_instance SET end_state = 1, failed = 1, definition_version = 7,
                    last_request_id = NULL, state_name =
                '{"currentlyExecuting":"fly","compensating":false,"endState":true,"failed":true}'
                """)
        }
        let manager = try SagaManager(Trip(), id: "trips")
        let effects = try sagas.write { try manager.abandon(saga, because: "settled", in: $0) }
        #expect(effects == ["Trip 1: abandoned"])
        #expect(try log().last?.event == .abandoned)
        try expectGone(manager)
    }

    @Test func `whose data is another's, without its hook`() throws {
        let manager = try SagaManager(Trip(), id: "trips")
        let effects = try sagas.write {
            try manager.abandon(saga, because: "settled", trustingData: false, in: $0)
        }
        #expect(
            effects == [
                "Trip 1: abandoned, FAILED, what was to follow was not done "
                    + "(its data is not trusted)"
            ])
        #expect(try published() == [])
        try expectGone(manager)
    }

    @Test func `is refused for one that has ended or is not there`() throws {
        let manager = try SagaManager(Trip(), id: "trips")
        let run = try relay(manager).run()
        while try !run.pass().isIdle {}
        #expect(throws: SagaError.hasEnded(saga, .completed)) {
            _ = try sagas.write { try manager.abandon(saga, in: $0) }
        }
        let nobody = SagaReference(type: "Trip", id: "9")
        #expect(throws: SagaError.notFound(nobody)) {
            try sagas.write { try manager.abandon(nobody, in: $0) }
        }
    }

    @Test(arguments: [SagaState.completed, .rolledBack])
    func `is refused for one whose log tells that it has ended, and whose row does not`(
        end: SagaState
    ) throws {
        let manager = try SagaManager(Trip(), id: "trips")
        let relay = try relay(manager)
        if end == .rolledBack {
            let outlook = try #require(try relay.outlook(of: saga))
            _ = try sagas.write { try manager.decide(.rollback, outlook, in: $0) }
        }
        let run = relay.run()
        while try !run.pass().isIdle {}
        #expect(try state() == end)
        let before = try log()
        for statement: StaticString in [
            "UPDATE saga_instance SET state_name = 'x'",
            "UPDATE saga_instance SET saga_data_json = '{'",
        ] {
            try spoil(statement)
            #expect(throws: SagaError.hasEnded(saga, end)) {
                _ = try sagas.write { try manager.abandon(saga, in: $0) }
            }
        }
        #expect(try log() == before)
        #expect(try published() == [])
        // A reply that came after the end says nothing about it.
        _ = try sagas.write { transaction in
            try transaction.execute(
                """
                INSERT INTO saga_log
                    (saga_type, saga_id, event, detail, saga_data_json, creation_time)
                VALUES ('Trip', '1', 'ignored', 'Done', '{}', 0)
                """)
        }
        #expect(throws: SagaError.hasEnded(saga, end)) {
            _ = try sagas.write { try manager.abandon(saga, in: $0) }
        }
    }

    @Test(arguments: [true, false])
    func `that had failed before, as its log tells, without telling it again`(
        isTrusted: Bool
    ) throws {
        let manager = try SagaManager(Trip(), id: "trips")
        _ = try sagas.write { transaction in
            try transaction.execute(
                """
                INSERT INTO saga_log
                    (saga_type, saga_id, event, detail, saga_data_json, creation_time)
                VALUES ('Trip', '1', 'failed', '', '{}', 0)
                """)
            try transaction.execute("UPDATE saga_instance SET state_name = 'x'")
        }
        let effects = try sagas.write {
            try manager.abandon(saga, because: "settled", trustingData: isTrusted, in: $0)
        }
        #expect(effects == ["Trip 1: abandoned"])
        #expect(try published() == [])
        #expect(try log().last?.event == .abandoned)
        try expectGone(manager)
    }
}

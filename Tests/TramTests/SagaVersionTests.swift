import TestSupport
import Testing
import Tram
import TramSQLite

/// Sagas whose definition changes while instances are under way.
@Suite struct SagaVersionTests {
    struct Book: Command { static let commandType = "Book" }
    struct Cancel: Command { static let commandType = "Cancel" }
    struct Insure: Command { static let commandType = "Insure" }
    struct Charge: Command { static let commandType = "Charge" }

    /// Books and charges.
    struct TripV1: Saga {
        static let sagaType = "Trip"
        struct Data: Codable, Sendable { var city = "Paris" }
        var steps: [Step<Data>] { [booking(), charging()] }
    }

    /// The same, edited: a step was put in front, without a new version.
    struct EditedTrip: Saga {
        static let sagaType = "Trip"
        typealias Data = TripV1.Data
        var steps: [Step<Data>] { [insuring(), booking(), charging()] }
    }

    /// The same, edited: a step was renamed without a new version.
    struct RenamedTrip: Saga {
        static let sagaType = "Trip"
        typealias Data = TripV1.Data
        var steps: [Step<Data>] { [booking(), charging("pay")] }
    }

    /// Insures first, and knows more.
    struct TripV2: Saga {
        static let sagaType = "Trip"
        static let version = 2
        struct Data: Codable, Sendable {
            var city = "Paris"
            var country = "France"
        }
        var steps: [Step<Data>] { [insuring(), booking(), charging()] }
    }

    /// Does not book any more.
    struct TripV3: Saga {
        static let sagaType = "Trip"
        static let version = 3
        struct Data: Codable, Sendable { var country = "France" }
        var steps: [Step<Data>] { [insuring(), charging()] }
    }

    /// A store of sagas and one of a participant that outlive the programs that work on them.
    struct System {
        let sagas: SQLiteStore
        let bank: SQLiteStore
        let clock = Clock()

        final class Clock { var now = Timestamp(milliseconds: 0) }

        init() throws {
            let clock = clock
            sagas = try SQLiteStore(
                inMemory: "sagas",
                schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
                clock: { clock.now })
            bank = try SQLiteStore(
                inMemory: "bank",
                schema: Schema(applicationID: 1, library: LibraryTables.messagingAndSagas),
                clock: { clock.now })
        }

        func relay(_ manager: some Subscriber) throws -> Relay {
            let participant = CommandHandlers(
                "bank", on: "bank",
                [
                    .on(Book.self) { _, _ in .success() }, .on(Cancel.self) { _, _ in .success() },
                    .on(Insure.self) { _, _ in .success() },
                    .on(Charge.self) { _, _ in .success() },
                ])
            return try Relay(wholeSystem: [
                Service(store: sagas, subscribers: [manager]),
                Service(store: bank, subscribers: [participant]),
            ])
        }

        func commands() throws -> [String] {
            try sagas.read {
                try Outbox($0).messages(after: 0, limit: 99).map(\.message.type)
            }
        }

        func row(_ id: Int = 1) throws -> [SQLValue] {
            try sagas.read {
                try $0.rows(
                    """
                    SELECT definition_version, state_name, executed_steps, last_request_id
                    FROM saga_instance WHERE id = \(id)
                    """)[0].columns
            }
        }

        func state(_ id: Int = 1) throws -> SagaState? {
            let saga = SagaReference(type: "Trip", id: "\(id)")
            return try sagas.read { try Sagas.overview(of: saga, in: $0)?.state }
        }

        /// A program with the first version starts a trip, and goes on until it is to be charged; the
        /// reply is on its way.
        func startFirst() throws {
            let manager = try SagaManager(TripV1(), id: "trips")
            _ = try sagas.write { try manager.start(TripV1.Data(), in: $0) }
            let run = try relay(manager).run()
            // The booking goes out, its reply comes back, and the charge goes out.
            for _ in 1...3 { try run.pass() }
            #expect(try state() == .running(step: "charge"))
            #expect(try commands() == ["Book", "Charge"])
        }
    }

    private func failures(_ relay: Relay) throws -> [String] {
        var failures: [String] = []
        let run = relay.run()
        func pass() throws -> Bool {
            try run.pass {
                switch $0 {
                case .delivered(let delivery) where delivery.receipt.outcome == .failed:
                    failures += delivery.receipt.effects
                case .expired(let expiry) where expiry.isFailed: failures.append(expiry.effect)
                default: break
                }
            }.isIdle
        }
        while try !pass() {}
        return failures
    }

    @Test func `rows name the steps and the version`() throws {
        let system = try System()
        try system.startFirst()
        #expect(
            try system.row() == [
                .integer(1),
                .text(
                    #"{"compensating":false,"currentlyExecuting":"charge","endState":false,"#
                        + #""failed":false}"#),
                .text(#"["book"]"#), .text("sagas:2"),
            ])
        let log = try system.sagas.read {
            try Sagas.log(of: SagaReference(type: "Trip", id: "1"), in: $0)
        }
        #expect(log.map(\.step) == [nil, "book", "book", "charge"])
    }

    @Test func `a saga with a new step in front does not take one reply for another's`() throws {
        let system = try System()
        try system.startFirst()
        let edited = try system.relay(SagaManager(EditedTrip(), id: "trips"))
        #expect(try failures(edited) == [])
        #expect(try system.state() == .completed)
        #expect(try system.commands() == ["Book", "Charge"], "charged once")
    }

    @Test func `two versions are in flight, each with data of its own`() throws {
        let system = try System()
        try system.startFirst()
        let manager = try SagaManager(TripV2(), formerly: [TripV1()], id: "trips")
        _ = try system.sagas.write { try manager.start(TripV2.Data(), in: $0) }
        #expect(try failures(system.relay(manager)) == [])
        #expect(try system.state(1) == .completed)
        #expect(try system.state(2) == .completed)
        #expect(try system.commands() == ["Book", "Charge", "Insure", "Book", "Charge"])
        #expect(try system.row(1)[0] == .integer(1))
        #expect(try system.row(2)[0] == .integer(2))
        let reference = SagaReference(type: "Trip", id: "1")
        #expect(throws: SagaError.ofFormerVersion(reference, 1)) {
            try system.sagas.read { try manager.instance("1", in: $0) }
        }
        let second = try system.sagas.read { try manager.instance("2", in: $0) }
        #expect(second?.version == 2)
        #expect(second?.data.country == "France")
    }

    @Test func `without its version its messages fail, and name both`() throws {
        let system = try System()
        try system.startFirst()
        let before = try system.row()
        let manager = try SagaManager(TripV3(), formerly: [TripV2()], id: "trips")
        let relay = try system.relay(manager)
        let detail =
            "it was started with version 1 of its definition, and this program knows versions 3, 2"
        #expect(try failures(relay) == ["Trip 1: \(detail)"])
        #expect(try system.row() == before)
        let saga = try system.sagas.read { try manager.inspect("1", in: $0) }
        #expect(saga.stranded?.detail == detail)
        #expect(saga.damage == [])
        #expect(saga.definition == nil)
        #expect(saga.overview?.state == .running(step: "charge"))
        #expect(saga.log.count == 4)
        // A program that has it goes on.
        let older = try SagaManager(TripV3(), formerly: [TripV1(), TripV2()], id: "trips")
        #expect(try failures(system.relay(older)) == [])
        #expect(try system.state() == .completed)
    }

    @Test func `a step that is renamed or gone without a new version is named`() throws {
        let system = try System()
        try system.startFirst()
        let before = try system.row()
        #expect(
            try failures(system.relay(SagaManager(RenamedTrip(), id: "trips"))) == [
                "Trip 1: it stands at the step 'charge', which version 1 of its definition does "
                    + "not have"
            ])
        // Its booking is done, and the definition would not know how to undo it.
        _ = try system.sagas.write {
            try $0.execute("UPDATE saga_instance SET definition_version = 3")
        }
        #expect(
            try failures(system.relay(SagaManager(TripV3(), id: "trips"))) == [
                "Trip 1: it has done the step 'book', which version 3 of its definition does not "
                    + "have"
            ])
        #expect(try system.row().dropFirst() == before.dropFirst())
        #expect(try system.commands() == ["Book", "Charge"])
    }

    @Test func `data that does not decode any more names the key`() throws {
        let system = try System()
        try system.startFirst()
        _ = try system.sagas.write {
            try $0.execute("UPDATE saga_instance SET definition_version = 2")
        }
        let manager = try SagaManager(TripV2(), id: "trips")
        let detail =
            #"the column saga_data_json holds '{"city":"Paris"}': the key 'country' is missing"#
        #expect(try failures(system.relay(manager)) == ["Trip 1: \(detail)"])
        let saga = try system.sagas.read { try manager.inspect("1", in: $0) }
        #expect(saga.stranded?.reason == .unreadableData(detail))
        #expect(saga.damage == [])
    }

    @Test func `a deadline of a stranded saga moves nothing, and stops no other`() throws {
        let system = try System()
        try system.startFirst()
        try system.sagas.write { transaction in
            try transaction.execute("UPDATE message SET published = 1")
            try transaction.execute("UPDATE saga_instance SET deadline = 1")
        }
        _ = try system.bank.write { try $0.execute("UPDATE message SET published = 1") }
        let before = try system.row()
        let manager = try SagaManager(TripV2(), id: "trips")
        _ = try system.sagas.write { try manager.start(TripV2.Data(), in: $0) }
        try system.sagas.write { transaction in
            try transaction.execute("UPDATE message SET published = 1")
            try transaction.execute("UPDATE saga_instance SET deadline = 2 WHERE id = 2")
        }
        system.clock.now = Timestamp(milliseconds: 1000)
        let failed = try failures(system.relay(manager))
        #expect(
            failed == [
                "Trip 1 for the reply to sagas:2: Trip 1: it was started with version 1 of its "
                    + "definition, and this program knows version 2"
            ])
        #expect(try system.row() == before)
        #expect(try system.state(2) == .rolledBack, "its deadline was met")
    }

    @Test func `a late reply to a saga that has ended needs no definition`() throws {
        let system = try System()
        try system.startFirst()
        let manager = try SagaManager(TripV1(), id: "trips")
        #expect(try failures(system.relay(manager)) == [])
        // The last reply comes again.
        _ = try system.bank.write {
            try $0.execute("UPDATE message SET published = 0 WHERE id = 2")
        }
        _ = try system.sagas.write {
            try $0.execute("DELETE FROM received_messages WHERE message_id = 'bank:2'")
        }
        let newer = try SagaManager(TripV2(), id: "trips")
        #expect(try failures(system.relay(newer)) == [])
        #expect(try system.state() == .completed)
        let saga = try system.sagas.read { try newer.inspect("1", in: $0) }
        #expect(saga.stranded == nil, "nothing more is to be done about it")
        #expect(saga.log.last?.event == .ignored)
    }

    /// What a row of a store from before steps had names looks like.
    @Test func `numbers are read by the first version, and become names`() throws {
        let system = try System()
        try system.startFirst()
        try system.sagas.write { transaction in
            try transaction.execute(
                """
                UPDATE saga_instance SET definition_version = NULL, executed_steps = '[0]',
                    state_name = replace(state_name, '"charge"', '1')
                """)
            try transaction.execute("UPDATE saga_log SET step_name = NULL")
        }
        #expect(try system.state() == .running(step: "step 1"), "nobody says its name")
        let manager = try SagaManager(TripV2(), formerly: [TripV1()], id: "trips")
        let before = try system.sagas.read { try manager.inspect("1", in: $0) }
        #expect(before.overview?.state == .running(step: "charge"))
        #expect(before.overview?.version == nil)
        #expect(before.log.map(\.step) == [nil, "book", "book", "charge"])
        #expect(try failures(system.relay(manager)) == [])
        #expect(try system.state() == .completed)
        #expect(try system.commands() == ["Book", "Charge"])
        let row = try system.row()
        #expect(row[0] == .integer(1))
        #expect(row[2] == .text(#"["book","charge"]"#))
    }

    @Test func `without the first version, a row from before there were versions is stranded`()
        throws
    {
        let system = try System()
        try system.startFirst()
        _ = try system.sagas.write { transaction in
            try transaction.execute(
                """
                UPDATE saga_instance SET definition_version = NULL, executed_steps = '[0]',
                    state_name = replace(state_name, '"charge"', '1')
                """)
        }
        let row = try system.row()
        let manager = try SagaManager(TripV3(), formerly: [TripV2()], id: "trips")
        let saga = try system.sagas.read { try manager.inspect("1", in: $0) }
        #expect(saga.stranded?.reason == .unknownVersion(1, known: [3, 2]))
        #expect(saga.overview?.state == .running(step: "step 1"), "nobody guesses its name")
        #expect(saga.definition == nil)
        let relay = try system.relay(manager)
        #expect(try failures(relay).first?.contains("version 1") == true)
        #expect(try relay.outlook(of: saga.reference)?.overview.state == .running(step: "step 1"))
        #expect(try system.row() == row)
        #expect(
            try failures(
                system.relay(SagaManager(TripV3(), formerly: [TripV2(), TripV1()], id: "trips")))
                == [])
        #expect(try system.state() == .completed)
    }

    @Test func `versions of one saga are told apart`() throws {
        func refused(_ error: SagaDefinitionError, _ make: () throws -> Void) {
            #expect(throws: WiringError.badSaga(error)) { try make() }
        }
        refused(.versionTwice(saga: "Trip", version: 1)) {
            _ = try SagaManager(TripV2(), formerly: [TripV1(), EditedTrip()], id: "x")
        }
        refused(.formerIsNewer(saga: "Trip", version: 1, former: 2)) {
            _ = try SagaManager(TripV1(), formerly: [TripV2()], id: "x")
        }
        refused(.formerIsAnother(saga: "Trip", former: "TestSaga")) {
            _ = try SagaManager(TripV2(), formerly: [TestSaga(.remote(1))], id: "x")
        }
        let definition = try SagaManager(TripV3(), formerly: [TripV1(), TripV2()], id: "x")
            .definition
        #expect(definition.version == 3)
        #expect(definition.formerly.map(\.version) == [2, 1])
    }

    @Test func `a channel that only a former version uses must be served too`() throws {
        struct Old: Saga {
            static let sagaType = "Trip"
            var steps: [Step<TripV1.Data>] {
                [Step("fax").notifyParticipant("fax") { _ in Book() }]
            }
        }
        let manager = try SagaManager(TripV2(), formerly: [Old()], id: "trips")
        let system = try System()
        #expect(throws: WiringError.channelNotServed(channel: "fax", saga: "Trip", step: "fax")) {
            try system.relay(manager)
        }
    }
}

private func insuring<Data>() -> Step<Data> {
    Step("insure").invokeParticipant("bank") { _ in SagaVersionTests.Insure() }
        .deadline(.milliseconds(100))
        .withCompensation("bank") { _ in SagaVersionTests.Cancel() }
}

private func booking<Data>() -> Step<Data> {
    Step("book").invokeParticipant("bank") { _ in SagaVersionTests.Book() }
        .withCompensation("bank") { _ in SagaVersionTests.Cancel() }
}

private func charging<Data>(_ name: String = "charge") -> Step<Data> {
    Step(name).invokeParticipant("bank") { _ in SagaVersionTests.Charge() }
}

import TestSupport
import Testing
import Tram
import TramSQLite

/// Commands and replies that were sent under another name, or in another form, are still read.
@Suite struct FormerCommandTests {
    struct ReserveCredit: Command {
        static let commandType = "ReserveCredit"
        let customer: String
        let cents: Int
    }

    /// The same command in the program of before.
    struct ReserveCreditLimit: Command {
        static let commandType = "ReserveCreditLimit"
        let customer: String
        let cents: Int
    }

    /// The command of the first program.
    struct TakeCredit: Command {
        static let commandType = "TakeCredit"
        let customer: String
        let euros: Int
    }

    struct NoCredit: FailureReply {
        static let replyType = "NoCredit"
        let missing: Int
    }

    /// The same reply in the program of before.
    struct LimitExceeded: FailureReply {
        static let replyType = "LimitExceeded"
        let missing: Int
    }

    /// The same, which told whole euros.
    struct TooPoor: FailureReply {
        static let replyType = "TooPoor"
        let euros: Int
    }

    private struct Bank {
        let sender: SQLiteStore
        let bank: SQLiteStore
        let relay: Relay

        init() throws {
            sender = try messagingStore("sender")
            bank = try SQLiteStore(
                inMemory: "bank",
                schema: Schema(
                    applicationID: 1, library: LibraryTables.messagingAndSagas,
                    migrations: [["CREATE TABLE done (what TEXT) STRICT"]]), clock: fixedClock)
            let handlers = CommandHandlers(
                "bank", on: "bank",
                [
                    .on(
                        ReserveCredit.self, formerly: "ReserveCreditLimit",
                        .form("TakeCredit") { (old: TakeCredit) in
                            ReserveCredit(customer: old.customer, cents: old.euros * 100)
                        }, locking: { $0.customer }
                    ) { command, transaction in
                        let what = "\(command.cents) of \(command.customer)"
                        try transaction.execute("INSERT INTO done VALUES (\(what))")
                        return .success(Done(), what)
                    }
                ])
            relay = try Relay(wholeSystem: [
                Service(store: sender, subscribers: []),
                Service(store: bank, subscribers: [handlers]),
            ])
        }

        func send(_ command: some Command, saga: String) throws {
            try sender.write { transaction in
                _ = try transaction.send(
                    command, to: "bank", orderedBy: saga, replyTo: "answers",
                    sagaHeaders: [
                        MessageHeader.commandSagaType: "S", MessageHeader.commandSagaID: saga,
                    ])
            }
        }

        func run() throws -> [String] {
            var told: [String] = []
            try relay.run().pass(RelayRun.Bounds(source: "sender")) {
                guard case .delivered(let delivery) = $0 else { return }
                told.append(
                    "\(delivery.message.type) \(delivery.receipt.outcome): "
                        + delivery.receipt.effects.joined(separator: "; "))
            }
            return told
        }
    }

    @Test func `a pending command of before is done once, under each of its names`() throws {
        let bank = try Bank()
        try bank.send(ReserveCreditLimit(customer: "Ann", cents: 5), saga: "1")
        try bank.send(TakeCredit(customer: "Bo", euros: 2), saga: "2")
        try bank.send(ReserveCredit(customer: "Cy", cents: 7), saga: "3")
        #expect(
            try bank.run() == [
                "ReserveCreditLimit handled: 5 of Ann", "TakeCredit handled: 200 of Bo",
                "ReserveCredit handled: 7 of Cy",
            ])
        #expect(try bank.run() == [])
        let replies = try bank.bank.read {
            try Outbox($0).messages(after: 0, limit: 9).map(\.message.type)
        }
        #expect(replies == ["Success", "Success", "Success"])
    }

    @Test func `one that waits for a lock is locked and resumed under its old name`() throws {
        let bank = try Bank()
        try bank.send(ReserveCredit(customer: "Ann", cents: 1), saga: "1")
        try bank.send(TakeCredit(customer: "Ann", euros: 2), saga: "2")
        #expect(
            try bank.run() == [
                "ReserveCredit handled: 1 of Ann", "TakeCredit stashed: Ann is locked by S 1",
            ])
        try bank.sender.write {
            try $0.unlock("Ann", on: "bank", of: SagaReference(type: "S", id: "1"))
        }
        #expect(
            try bank.run() == [
                "SagaUnlockCommand handled: unlocked Ann",
                "TakeCredit handled: resumed; 200 of Ann",
            ])
    }

    @Test func `what fails names the command's type and the key`() throws {
        let bank = try Bank()
        struct Bad: Command {
            static let commandType = "ReserveCreditLimit"
            let customer: String
        }
        try bank.send(Bad(customer: "Ann"), saga: "1")
        #expect(
            try bank.run() == [
                "ReserveCreditLimit failed: ReserveCreditLimit: the payload is not a valid "
                    + "ReserveCredit: the key 'cents' is missing"
            ])
    }

    @Test func `an old form under the present name is tried after the present one`() throws {
        let handler = CommandHandler.on(
            ReserveCredit.self,
            upcasting: { (old: TakeCredit) in
                ReserveCredit(customer: old.customer, cents: old.euros * 100)
            }
        ) { command, _ in .success(Done(), "\(command.cents)") }
        struct Old: Command {
            static let commandType = "ReserveCredit"
            let customer: String
            let euros: Int
        }
        let sender = try messagingStore("sender")
        let subscriber = CommandHandlers("bank", on: "bank", [handler])
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: messagingStore("bank"), subscribers: [subscriber]),
        ])
        _ = try sender.write {
            try $0.send(Old(customer: "Ann", euros: 3), to: "bank", orderedBy: "1")
        }
        var effects: [String] = []
        try relay.run().pass {
            if case .delivered(let delivery) = $0 { effects += delivery.receipt.effects }
        }
        #expect(effects == ["300"])
        #expect(
            subscriber.wiring.formerNames == [
                FormerName(channel: "bank", type: "ReserveCredit", formerly: "ReserveCredit")
            ])
    }

    @Test func `two handlers of one name, present or former, are refused`() throws {
        func refuse(_ name: String, _ handlers: CommandHandler...) throws {
            #expect(throws: WiringError.handlerTwice(type: name, subscriber: "bank")) {
                try Service(
                    store: messagingStore("bank"),
                    subscribers: [CommandHandlers("bank", on: "bank", handlers)])
            }
        }
        try refuse(
            "TakeCredit",
            .on(ReserveCredit.self, formerly: "TakeCredit") { _, _ in .success() },
            .on(TakeCredit.self) { _, _ in .success() })
        try refuse(
            "Old", .on(ReserveCredit.self, formerly: "Old") { _, _ in .success() },
            .on(TakeCredit.self, formerly: "Old") { _, _ in .success() })
    }

    // MARK: Replies

    struct Buying: Saga {
        static let sagaType = "Buying"
        struct Data: Codable, Sendable { var missing: Int? }
        /// How often it asks again when there is no credit.
        var retries = 0

        var steps: [Step<Data>] {
            var step = Step<Data>("reserve")
                .invokeParticipant("bank") { _ in ReserveCredit(customer: "Ann", cents: 5) }
                .onReply(
                    NoCredit.self, formerly: "LimitExceeded",
                    .form("TooPoor") { (old: TooPoor) in NoCredit(missing: old.euros * 100) }
                ) { data, reply in data.missing = reply.missing }
            if retries > 0 { step = step.retrying(retries, on: NoCredit.self) }
            return [step]
        }
    }

    /// What a saga makes of replies of the program of before, which a relay brings.
    private func answer(
        _ replies: any FailureReply..., retries: Int = 0
    ) throws -> (SagaState?, missing: Int?, commands: Int) {
        let sagas = try messagingStore("sagas")
        let manager = try SagaManager(Buying(retries: retries), id: "sagas")
        let silent = try messagingStore("bank")
        let relay = try Relay(wholeSystem: [
            Service(store: sagas, subscribers: [manager]),
            Service(
                store: silent,
                subscribers: [
                    CommandHandlers(
                        "bank", on: "bank", [.on(ReserveCredit.self) { _, _ in .noReply() }])
                ]),
        ])
        _ = try sagas.write { try manager.start(Buying.Data(), in: $0) }
        for (index, reply) in replies.enumerated() {
            let command = try sagas.read {
                try #require(try Outbox($0).message(index + 1)).message
            }
            try silent.write { transaction in
                _ = try Outbox(transaction).append(command.answer(reply))
            }
            let run = relay.run()
            while try !run.pass().isIdle {}
        }
        let instance = try sagas.read { try manager.instance("1", in: $0) }
        return (
            instance?.state, instance?.data.missing, try sagas.read { try Outbox($0).count() }
        )
    }

    @Test func `a reply is taken up under each of its names`() throws {
        for reply: any FailureReply in [
            NoCredit(missing: 300), LimitExceeded(missing: 300), TooPoor(euros: 3),
        ] {
            let (state, missing, _) = try answer(reply)
            #expect(state == .rolledBack)
            #expect(missing == 300, "\(reply)")
        }
    }

    @Test func `a retry that names a reply is for its former names, too`() throws {
        let (state, missing, commands) = try answer(
            TooPoor(euros: 1), LimitExceeded(missing: 200), NoCredit(missing: 300), retries: 2)
        #expect(state == .rolledBack)
        #expect(missing == 300)
        #expect(commands == 3)
    }

    @Test func `a saga tells the former names of its replies, each once`() throws {
        struct Former: Saga {
            static let sagaType = "Buying"
            var steps: [Step<Buying.Data>] { Buying().steps }
        }
        struct Next: Saga {
            static let sagaType = "Buying"
            static let version = 2
            var steps: [Step<Buying.Data>] { Buying().steps }
        }
        let wiring = try SagaManager(Next(), formerly: [Former()], id: "x").wiring
        #expect(wiring.formerNames.map(\.formerly) == ["LimitExceeded", "TooPoor"])
        #expect(wiring.formerNames.allSatisfy { $0.channel == "Buying-reply" })
        #expect(wiring.formerNames.allSatisfy { $0.type == "NoCredit" })
    }
}

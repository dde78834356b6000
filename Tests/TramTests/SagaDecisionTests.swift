import TestSupport
import Testing
import Tram
import TramSQLite
import TramTesting

/// A saga of two steps at a shop, of which each has a lock, in two stores; and a relay that is stopped
/// and started as a test wants it.
private struct Shop {
    struct Order: Saga {
        static let sagaType = "Order"
        struct Data: Codable, Sendable {}
        let steps: [Step<Data>]

        func failed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws {
            try transaction.publish(SagaEnded(how: "failed"), about: saga.id)
        }
    }

    let sagas: SQLiteStore
    let shop: SQLiteStore
    let manager: SagaManager<Order>
    let relay: Relay
    let saga = SagaReference(type: "Order", id: "1")

    /// - Parameter isUndone: whether the second step has a compensation.
    init(isUndone: Bool = true, undoingAt channel: CommandChannel = "shop") throws {
        sagas = try messagingStore("sagas")
        shop = try messagingStore("shop")
        let second = Step<Order.Data>("two").invokeParticipant("shop") { _ in Do(step: 2) }
        manager = try SagaManager(
            Order(steps: [
                Step("one").invokeParticipant("shop") { _ in Do(step: 1) }
                    .withCompensation("shop") { _ in Undo(step: 1) },
                isUndone ? second.withCompensation(channel) { _ in Undo(step: 2) } : second,
                Step("three").invokeParticipant("shop") { _ in Do(step: 3) },
            ]), id: "orders")
        func handlers(_ id: String, on channel: CommandChannel) -> CommandHandlers {
            CommandHandlers(
                id, on: channel,
                [
                    .on(Do.self, locking: { "\($0.step)" }) { command, _ in
                        .success()
                    },
                    .on(Undo.self) { command, transaction in
                        let isRefused = try !transaction.rows(
                            "SELECT 1 FROM saga_lock_table WHERE target = 'refuse undo'"
                        ).isEmpty
                        if isRefused { throw Declined() }
                        return .success()
                    },
                ])
        }
        relay = try Relay(wholeSystem: [
            Service(store: sagas, subscribers: [manager]),
            Service(
                store: shop,
                subscribers: [handlers("shop", on: "shop"), handlers("annex", on: "annex")]),
        ])
        _ = try sagas.write { try manager.start(Order.Data(), in: $0) }
    }

    func pass(_ times: Int = 1) throws {
        for _ in 0..<times { try relay.run().pass() }
    }

    func passUntilIdle() throws {
        let run = relay.run()
        while try !run.pass().isIdle {}
    }

    var state: SagaState? {
        get throws { try sagas.read { try Sagas.overview(of: saga, in: $0)?.state } }
    }

    var outlook: SagaOutlook {
        get throws { try #require(try relay.outlook(of: saga)) }
    }

    @discardableResult
    func decide(_ decision: SagaDecision, because reason: String = "") throws -> [String] {
        try decide(decision, outlook, because: reason)
    }

    @discardableResult
    func decide(
        _ decision: SagaDecision, _ outlook: SagaOutlook, because reason: String = ""
    ) throws -> [String] {
        try sagas.write { try manager.decide(decision, outlook, because: reason, in: $0) }
    }

    func events() throws -> [SagaLogEvent] {
        try sagas.read { try Sagas.log(of: saga, in: $0) }.map(\.event)
    }

    /// The commands that were sent, and for which step.
    func commands() throws -> [String] {
        try sagas.read {
            try Outbox($0).messages(after: 0, limit: 99).map(\.message)
                .filter { $0.type != SagaEnded.eventType }
                .map { $0.type + $0.payload.filter(\.isNumber) }
        }
    }

    /// The command that is pending is lost: as after a discard and a purge.
    func loseCommand() throws {
        _ = try sagas.write { try $0.execute("DELETE FROM message WHERE published = 0") }
    }

    /// The reply that is pending is lost.
    func loseReply() throws {
        _ = try shop.write { try $0.execute("UPDATE message SET published = 1") }
    }

    /// The reply that was lost comes after all.
    func bringReplies() throws {
        _ = try shop.write { try $0.execute("UPDATE message SET published = 0") }
    }

    func locks() throws -> [String] {
        try shop.read {
            try $0.rows("SELECT target FROM saga_lock_table ORDER BY target").map {
                let target: String = try $0.values()
                return target
            }
        }
    }

    func refuseUndoing() throws {
        _ = try shop.write {
            try $0.execute("INSERT INTO saga_lock_table VALUES ('refuse undo', 'x', 'x')")
        }
    }

    func allowUndoing() throws {
        _ = try shop.write {
            try $0.execute("DELETE FROM saga_lock_table WHERE target = 'refuse undo'")
        }
    }
}

/// Operators help sagas that do not go on by themselves.
@Suite struct SagaDecisionTests {
    // MARK: Resending

    @Test func `a lost command is built anew, also when its row is gone`() throws {
        let shop = try Shop()
        try shop.loseCommand()
        let outlook = try shop.outlook
        #expect(outlook.isStuck)
        #expect(outlook.onItsWay == nil)
        #expect(outlook.handledBy == [])
        #expect(try shop.decide(.resend, because: "it was lost") == ["Order 1: one requested"])
        #expect(try shop.commands() == ["Do1"])
        #expect(try !shop.outlook.isStuck)
        try shop.passUntilIdle()
        #expect(try shop.state == .completed)
        #expect(try shop.events().prefix(4) == [.started, .requested, .resent, .requested])
    }

    @Test func `nothing is sent again while the command or its reply is on its way`() throws {
        let shop = try Shop()
        func refused(_ message: String) throws {
            let outlook = try shop.outlook
            #expect(outlook.onItsWay?.id.description == message)
            #expect(!outlook.isStuck)
            for decision in [SagaDecision.resend, .retry] {
                let error = #expect(throws: SagaError.self) { try shop.decide(decision) }
                guard case .notStuck(shop.saga, let heading)? = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(heading.id.description == message)
            }
        }
        try refused("sagas:1")
        // It waits for a lock.
        _ = try shop.shop.write {
            try $0.execute("INSERT INTO saga_lock_table VALUES ('1', 'Order', '99')")
        }
        try shop.pass()
        try refused("sagas:1")
        _ = try shop.shop.write { transaction in
            try transaction.execute("DELETE FROM saga_lock_table")
            try transaction.execute("DELETE FROM saga_stash_table")
        }
        #expect(try shop.outlook.isStuck, "the stashed command is lost")
        try shop.decide(.resend)
        try shop.pass()
        try refused("shop:1")
        #expect(try shop.commands() == ["Do1", "Do1"])
    }

    @Test func `who has handled the command is said, and the first reply counts no more`() throws {
        let shop = try Shop()
        try shop.pass()
        try shop.loseReply()
        let outlook = try shop.outlook
        #expect(outlook.isStuck)
        #expect(outlook.handledBy == ["shop"])
        try shop.decide(.resend, outlook)
        try shop.bringReplies()
        try shop.passUntilIdle()
        #expect(try shop.state == .completed)
        #expect(try shop.events().filter { $0 == .ignored }.count == 1, "the late reply")
        #expect(try shop.commands().filter { $0 == "Do2" } == ["Do2"], "it went on once")
    }

    @Test func `a discarded command is not on its way`() throws {
        let shop = try Shop()
        _ = try shop.sagas.write {
            try $0.execute("UPDATE message SET payload = 'spoiled' WHERE id = 1")
        }
        let run = shop.relay.run(parking: ParkingPolicy(maxAttempts: 1))
        while try !run.pass().isIdle {}
        #expect(try !shop.outlook.isStuck, "it is parked, and may be retried")
        try shop.relay.discard(DeadLetterSelection(message: MessageID(service: "sagas", number: 1)))
        let outlook = try shop.outlook
        #expect(outlook.isStuck)
        #expect(outlook.handledBy == [])
        try shop.decide(.retry)
        try shop.passUntilIdle()
        #expect(try shop.state == .completed)
    }

    // MARK: Skipping

    @Test func `a skipped step counts as done, and its late reply does not count`() throws {
        let shop = try Shop()
        try shop.pass()
        try shop.loseReply()
        #expect(
            try shop.decide(.skip, because: "done by hand")
                == ["Order 1: one skipped, two requested"])
        try shop.bringReplies()
        try shop.passUntilIdle()
        #expect(try shop.state == .completed)
        #expect(
            try shop.commands() == [
                "Do1", "Do2", "Do3", "SagaUnlockCommand", "SagaUnlockCommand",
                "SagaUnlockCommand", "SagaUnlockCommand",
            ])
        #expect(try shop.events().contains(.ignored))
        let skipped = try shop.sagas.read { try Sagas.log(of: shop.saga, in: $0) }
            .first { $0.event == .skipped }
        #expect(skipped?.step == "one")
        #expect(skipped?.detail == "done by hand")
    }

    @Test func `what was skipped is undone when the saga rolls back`() throws {
        try SagaTest(TestSaga(.remote(1), .remote(2)), TestSaga.Data())
            .expect(Do(step: 1), to: .participant)
            .decide(.skip)
            .expect(Do(step: 2), to: .participant)
            .reply(Declined())
            .expect(Undo(step: 1), to: .participant)
            .decide(.skip)
            .ignoredReply(Done())
            .expectUnlock(on: .participant)
            .expectRolledBack()
    }

    @Test func `a compensation that was refused is skipped, and those before it are done`() throws {
        try SagaTest(TestSaga(.remote(1), .remote(2), .remote(3)), TestSaga.Data())
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(Done())
            .expect(Do(step: 3), to: .participant).reply(Declined())
            .expect(Undo(step: 2), to: .participant).reply(Declined())
            .expectFailed(atStep: "step 2")
            .decide(.skip)
            .expect(Undo(step: 1), to: .participant).reply(Done())
            .expectUnlock(on: .participant)
            .expectRolledBack()
    }

    // MARK: Rolling back

    @Test func `a rollback undoes what was done, and what may have been`() throws {
        let shop = try Shop()
        try shop.pass(3)
        #expect(try shop.state == .running(step: "two"))
        try shop.loseReply()
        #expect(
            try shop.decide(.rollback, because: "not wanted")
                == ["Order 1: rolled back from two, undoing of two requested"])
        try shop.bringReplies()
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.commands().prefix(4) == ["Do1", "Do2", "Undo2", "Undo1"])
        #expect(try shop.locks() == [])
    }

    @Test func `a rollback is refused where something cannot be undone`() throws {
        let shop = try Shop(isUndone: false)
        try shop.pass(2)
        #expect(try shop.state == .running(step: "two"))
        let inDoubt = SagaError.notCompensatable(shop.saga, step: "two")
        #expect(throws: inDoubt) { try shop.decide(.rollback) }
        try shop.pass(2)
        #expect(try shop.state == .running(step: "three"))
        #expect(throws: inDoubt, "it was done") { try shop.decide(.rollback) }
        let possible = try Shop()
        try possible.pass(4)
        #expect(try possible.state == .running(step: "three"))
        #expect(throws: SagaError.notCompensatable(possible.saga, step: "three")) {
            try possible.decide(.rollback)
        }
        #expect(try possible.events().last == .requested, "a refusal leaves no trace")
    }

    @Test func `a saga that rolls back or has failed is not rolled back again`() throws {
        let saga = try SagaTest(TestSaga(.remote(1), .remote(2)), TestSaga.Data())
            .expect(Do(step: 1), to: .participant).reply(Done())
            .expect(Do(step: 2), to: .participant).reply(Declined())
            .expect(Undo(step: 1), to: .participant)
        #expect(throws: SagaError.self) { try saga.decide(.rollback) }
        try saga.reply(Declined()).expectFailed(atStep: "step 1")
        #expect(throws: SagaError.self) { try saga.decide(.rollback) }
        #expect(throws: SagaError.self, "there is no command to send again") {
            try saga.decide(.resend)
        }
    }

    @Test func `a compensation that could overtake its command is refused`() throws {
        let shop = try Shop(undoingAt: "annex")
        try shop.pass(2)
        #expect(try shop.outlook.onItsWay?.type == "Do")
        #expect(throws: SagaError.self) { try shop.decide(.rollback) }
        try shop.pass()
        #expect(try shop.outlook.onItsWay?.type == Done.replyType)
        try shop.decide(.rollback)
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
    }

    // MARK: Abandoning

    @Test func `what is abandoned ends as failed, frees its locks, and is never taken up`() throws {
        let shop = try Shop()
        try shop.pass(2)
        #expect(try shop.locks() == ["1"])
        try shop.decide(.abandon, because: "settled")
        #expect(try shop.state == .failed(step: "two"))
        try shop.passUntilIdle()
        // The command was on its way: the lock that it took is freed, too.
        #expect(try shop.commands().contains("Do2"))
        #expect(try shop.locks() == [])
        #expect(try shop.state == .failed(step: "two"), "the late reply moves nothing")
        #expect(try shop.events().suffix(3) == [.abandoned, .failed, .ignored])
        let ended = try shop.sagas.read {
            try Outbox($0).messages(after: 0, limit: 99).filter {
                $0.message.type == SagaEnded.eventType
            }.count
        }
        #expect(ended == 1, "its hook has run")
        #expect(try !shop.outlook.isStuck)
        for decision in SagaDecision.allCases {
            #expect(throws: SagaError.abandoned(shop.saga)) { try shop.decide(decision) }
        }
        _ = try shop.sagas.write {
            try $0.execute("UPDATE saga_instance SET definition_version = 9")
        }
        let inspected = try shop.sagas.read { try shop.manager.inspect("1", in: $0) }
        #expect(inspected.isAbandoned)
        #expect(inspected.stranded == nil, "nothing is to be done about it any more")
    }

    @Test func `a saga that has failed keeps its locks until it is abandoned`() throws {
        let shop = try Shop()
        try shop.pass(2)
        try shop.refuseUndoing()
        try shop.decide(.rollback)
        try shop.passUntilIdle()
        #expect(try shop.state == .failed(step: "two"))
        try shop.allowUndoing()
        #expect(try shop.locks() == ["1", "2"])
        try shop.decide(.abandon)
        try shop.passUntilIdle()
        #expect(try shop.locks() == [])
        #expect(try shop.events().filter { $0 == .failed }.count == 1, "it has failed once")
    }

    @Test func `a failed saga is taken up again`() throws {
        let shop = try Shop()
        try shop.pass(2)
        try shop.refuseUndoing()
        try shop.decide(.rollback)
        try shop.passUntilIdle()
        try shop.allowUndoing()
        #expect(try shop.outlook.isStuck)
        try shop.decide(.retry)
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.events().contains(.takenUp))
    }

    // MARK: Beside a relay

    @Test func `a reply that came first makes a decision refused`() throws {
        for decision in SagaDecision.allCases {
            let shop = try Shop()
            try shop.pass()
            try shop.loseReply()
            let outlook = try shop.outlook
            try shop.bringReplies()
            try shop.pass()
            let events = try shop.events()
            #expect(throws: SagaError.hasMoved(shop.saga)) { try shop.decide(decision, outlook) }
            #expect(try shop.events() == events)
            try shop.passUntilIdle()
            #expect(throws: SagaError.hasEnded(shop.saga, .completed)) {
                try shop.decide(decision, outlook)
            }
        }
    }

    @Test func `two operators who decide at once do not both`() throws {
        let shop = try Shop()
        try shop.loseCommand()
        let outlook = try shop.outlook
        try shop.decide(.resend, outlook)
        #expect(throws: SagaError.hasMoved(shop.saga)) { try shop.decide(.resend, outlook) }
        #expect(throws: SagaError.hasMoved(shop.saga)) { try shop.decide(.skip, outlook) }
        #expect(try shop.commands() == ["Do1"])
    }

    // MARK: What is kept

    @Test func `decisions outlive their saga`() throws {
        let shop = try Shop()
        try shop.loseCommand()
        try shop.decide(.retry, because: "first")
        try shop.decide(.skip, because: "second")
        try shop.passUntilIdle()
        let report = try shop.relay.purge()
        #expect(report.freed.contains { $0.sagas == 1 }, "\(report)")
        let decisions = try shop.sagas.read { try Sagas.decisions(in: $0) }
        #expect(decisions.map(\.decision) == [.resend, .skip])
        #expect(decisions.map(\.reason) == ["first", "second"])
        #expect(decisions.allSatisfy { $0.saga == shop.saga && $0.step == "one" })
        #expect(try shop.relay.outlook(of: shop.saga) == nil)
    }

    @Test func `a stranded saga can only be abandoned`() throws {
        let shop = try Shop()
        try shop.loseCommand()
        _ = try shop.sagas.write {
            try $0.execute("UPDATE saga_instance SET definition_version = 9")
        }
        for decision in SagaDecision.allCases where decision != .abandon {
            #expect(throws: SagaStranded.self) { try shop.decide(decision) }
        }
        #expect(try shop.commands() == [])
        try shop.decide(.abandon)
        #expect(try shop.state == .failed(step: "one"))
    }
}

import TestSupport
import Testing
import Tram
import TramSQLite

/// A command that an operator has discarded was never handled: what is sent instead of it is not a
/// repetition.
@Suite struct DiscardedCommandTests {
    let shop: DoubtfulShop

    init() throws {
        shop = try DoubtfulShop(
            Step("book").invokeParticipant("shop") { _ in Do(step: 1) }
                .withCompensation("shop") { _ in Undo(step: 1) })
    }

    /// Another saga has the lock that the command needs.
    private func lockForAnother() throws {
        try shop.change(
            "INSERT OR REPLACE INTO saga_lock_table VALUES ('1', 'Booking', '99')", in: shop.shop)
    }

    private func unlockForAnother() throws {
        try shop.sagas.write {
            try $0.unlock("1", on: "shop", of: SagaReference(type: "Booking", id: "99"))
        }
    }

    /// What is pending fails, is parked, and is discarded.
    private func discard() throws { try discard(in: shop) }

    private func discard(in shop: DoubtfulShop) throws {
        try shop.change("INSERT INTO trouble VALUES ('do 1')", in: shop.shop)
        try shop.pass(maxAttempts: 1)
        try shop.relay.discard(DeadLetterSelection())
        try shop.change("DELETE FROM trouble", in: shop.shop)
        try shop.passUntilIdle()
        #expect(try shop.outlook.isStuck)
    }

    private func isRepeated() throws -> Bool {
        try shop.lastCommand().headers[MessageHeader.commandSagaRepeated] == "true"
    }

    @Test func `its successor that waits for a lock is taken out by the compensation`() throws {
        try discard()
        try lockForAnother()
        try shop.decide(.resend)
        #expect(try !isRepeated())
        try shop.pass()
        #expect(try shop.texts("SELECT message_id FROM saga_stash_table") == ["sagas:2"])
        try shop.decide(.rollback)
        try shop.passUntilIdle()
        // It has not waited for the other saga, which may wait for this one.
        #expect(try shop.state == .rolledBack)
        #expect(try shop.done() == [])
        #expect(try shop.texts("SELECT message_id FROM saga_stash_table") == [])
        #expect(try shop.texts("SELECT saga_id FROM saga_lock_table") == ["99"])
    }

    @Test func `so is that of one which had waited for a lock before it was discarded`() throws {
        try lockForAnother()
        try shop.pass()
        #expect(try shop.texts("SELECT message_id FROM saga_stash_table") == ["sagas:1"])
        try shop.change("INSERT INTO trouble VALUES ('do 1')", in: shop.shop)
        try unlockForAnother()
        try shop.pass()
        try discard()
        try lockForAnother()
        try shop.decide(.retry)
        #expect(try !isRepeated())
        try shop.pass()
        try shop.decide(.rollback)
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.done() == [])
    }

    @Test func `what was handled before is undone, whatever was discarded after it`() throws {
        try shop.pass()
        #expect(try shop.done() == ["do 1"])
        try shop.change("UPDATE message SET published = 1", in: shop.shop)
        try shop.decide(.resend)
        #expect(try isRepeated())
        try discard()
        try lockForAnother()
        try shop.decide(.resend)
        #expect(try isRepeated(), "the first one was handled")
        try shop.pass()
        #expect(try shop.texts("SELECT message_id FROM saga_stash_table") == ["sagas:3"])
        try shop.decide(.rollback)
        try unlockForAnother()
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.done() == ["do 1", "undo 1"])
    }

    /// As if a relay had died after the command was handled, before its outbox heard of it.
    @Test func `one that was handled all the same is repeated`() throws {
        try shop.change("INSERT INTO trouble VALUES ('do 1')", in: shop.shop)
        try shop.pass(maxAttempts: 1)
        try shop.change(
            """
            INSERT INTO received_messages (consumer_id, message_id, creation_time, outcome)
            VALUES ('shop', 'sagas:1', 0, 'handled')
            """, in: shop.shop)
        try shop.relay.discard(DeadLetterSelection())
        try shop.decide(.resend)
        #expect(try isRepeated())
    }

    @Test func `one whose inbox row was purged may have been handled`() throws {
        try discard()
        try shop.change(
            """
            INSERT INTO purged_inbox (consumer_id, source, through_id) VALUES ('shop', 'sagas', 1)
            """, in: shop.shop)
        try shop.decide(.resend)
        #expect(try isRepeated())
    }

    // MARK: Rolling back

    private static let paid = Step<Booking.Data>("pay").invokeParticipant("shop") { _ in
        Do(step: 0)
    }.withCompensation("shop") { _ in Undo(step: 0) }

    private static func booking(isUndone: Bool) -> Step<Booking.Data> {
        let step = Step<Booking.Data>("book").invokeParticipant("shop") { _ in Do(step: 1) }
        return isUndone ? step.withCompensation("shop") { _ in Undo(step: 1) } : step
    }

    @Test(arguments: [true, false])
    func `a step whose only command was discarded has nothing to be undone`(
        isUndone: Bool
    ) throws {
        let shop = try DoubtfulShop(Self.paid, Self.booking(isUndone: isUndone))
        try shop.pass(2)
        #expect(try shop.state == .running(step: "book"))
        try discard(in: shop)
        try shop.decide(.rollback)
        #expect(try shop.lastCommand().payload.contains("0"), "only the step before is undone")
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.done() == ["do 0", "undo 0"])
        #expect(try shop.texts("SELECT saga_id FROM saga_lock_table") == [])
    }

    @Test(arguments: [true, false])
    func `a command before the discarded one leaves its step in doubt`(isUndone: Bool) throws {
        let shop = try DoubtfulShop(Self.booking(isUndone: isUndone))
        try shop.pass()
        #expect(try shop.done() == ["do 1"])
        try shop.change("UPDATE message SET published = 1", in: shop.shop)
        try shop.decide(.resend)
        try discard(in: shop)
        guard isUndone else {
            #expect(throws: SagaError.notCompensatable(shop.saga, step: "book")) {
                try shop.decide(.rollback)
            }
            return
        }
        try shop.decide(.rollback)
        try shop.passUntilIdle()
        #expect(try shop.state == .rolledBack)
        #expect(try shop.done() == ["do 1", "undo 1"])
    }

    @Test func `two discarded commands leave nothing in doubt`() throws {
        let shop = try DoubtfulShop(Self.booking(isUndone: false))
        try discard(in: shop)
        try shop.decide(.resend)
        try discard(in: shop)
        try shop.decide(.rollback)
        #expect(try shop.state == .rolledBack)
        try shop.passUntilIdle()
        #expect(try shop.done() == [])
    }
}

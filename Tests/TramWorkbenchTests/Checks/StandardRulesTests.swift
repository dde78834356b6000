import TestSupport
import Testing
import Tram
import TramWorkbench

/// An application that says nothing about rules gets the workbench's own.
@Suite struct StandardRulesTests {
    let bakery: Bakery

    init() throws {
        bakery = try Bakery(inMemoryWithClock: fixedClock)
        try bakery.sell("apple")
        try bakery.sell("plum")
        try bakery.relayUntilIdle()
        #expect(try bakery.violations() == [])
    }

    @Test func `all rules are checked at rest, in one order`() throws {
        let check = try bakery.workbench.check()
        #expect(check.skipped.isEmpty)
        #expect(
            check.results.map(\.rule) == [
                "the file counter.db is sound", "the file oven.db is sound",
                "a message is published when every subscriber has handled it, not before",
                "every handled message was sent",
                "at rest, every saga has ended and holds no lock",
                "the stores are of one system, and none is older than others know it",
                "every message is as it was sent",
                "nothing that was numbered is gone, and no number is given out twice",
                "what was handled is what was sent", "every saga is as its log tells",
            ])
    }

    @Test(arguments: [
        (
            "oven", "DELETE FROM received_messages WHERE message_id = 'counter:1'",
            "counter:1 is published, and baker has not handled it"
        ),
        (
            "oven",
            "INSERT INTO received_messages (consumer_id, message_id, creation_time) "
                + "VALUES ('baker', 'counter:99', 0)",
            "baker has handled counter:99, which was never sent"
        ),
        (
            "oven",
            "INSERT INTO received_messages (consumer_id, message_id, creation_time) "
                + "VALUES ('baker', 'garden:1', 0)",
            "baker has handled garden:1, which was never sent"
        ),
        (
            "counter",
            "UPDATE message SET payload = replace(payload, 'apple', 'pear') WHERE id = 1",
            "counter:1: the message was changed after it was sent: its digest does not fit"
        ),
        (
            "counter", "DELETE FROM sale WHERE id = 2",
            "2 rows of sale have been numbered, and 1 of them are gone"
        ),
        (
            "counter", "DELETE FROM saga_instance WHERE id = 2",
            "2 rows of saga_instance have been numbered, and 1 of them are gone"
        ),
        (
            "counter", "DELETE FROM saga_instance WHERE id = 2",
            "there is a log of SellCake 2, which is gone"
        ),
        (
            "counter", "DELETE FROM message WHERE id = 6",
            "6 rows of message have been numbered, and 1 of them are gone"
        ),
        (
            "counter", "DELETE FROM saga_log WHERE saga_id = '1' AND event = 'completed'",
            "SellCake 1: its log does not tell how it came to its state"
        ),
        (
            "counter", "UPDATE saga_log SET saga_data_json = '{}' WHERE saga_id = '1'",
            "SellCake 1: its log ends with other data than it has"
        ),
        (
            "counter", "UPDATE saga_instance SET end_state = 0 WHERE id = 1",
            "SellCake 1: its columns and its state do not agree"
        ),
        (
            "counter", "UPDATE saga_instance SET end_state = 0 WHERE id = 1",
            "SellCake 1 waits, and nothing is on its way"
        ),
        (
            "counter", "UPDATE saga_instance SET state_name = '' WHERE id = 1",
            "SellCake 1: the column state_name holds ''"
        ),
        (
            "counter",
            "INSERT INTO saga_decision (saga_type, saga_id, decision, reason, creation_time) "
                + "VALUES ('SellCake', '1', 'skipped', '', 0)",
            "SellCake 1: its log and what was decided about it do not agree"
        ),
        (
            "counter",
            "INSERT INTO saga_decision (saga_type, saga_id, decision, reason, creation_time) "
                + "VALUES ('SellCake', '9', 'skipped', '', 0)",
            "it was decided about SellCake 9, which is gone"
        ),
        (
            "counter",
            "INSERT INTO saga_instance (saga_type, state_name, saga_data_type, saga_data_json) "
                + "VALUES ('SellBread', '{\"currentlyExecuting\":0,\"compensating\":false,"
                + "\"endState\":false,\"failed\":false}', 'Data', '{}')",
            "SellBread 3: no subscriber of the service runs sagas of its type"
        ),
        (
            "oven",
            "INSERT INTO saga_lock_table (target, saga_type, saga_id) "
                + "VALUES ('apple', 'SellCake', '1')",
            "a lock or a stashed command is left: "
                + #"[Tram.SQLValue.text("1"), Tram.SQLValue.text("apple"), "#
                + #"Tram.SQLValue.text("SellCake")]"#
        ),
        (
            "oven", "UPDATE received_messages SET digest = 1 WHERE message_id = 'counter:1'",
            "baker has handled counter:1 with other content"
        ),
        (
            "oven",
            "UPDATE received_messages SET consumer_id = 'x' WHERE message_id = 'counter:1'",
            "'x' has handled counter:1, and there is no such subscriber; "
                + "see bakery subscriber remove x"
        ),
        (
            "oven", "UPDATE store_identity SET system_id = 'x'",
            "the store of oven does not belong to this system: "
                + "it was made for another system than the other stores"
        ),
    ])
    func `what a hand has changed is found`(
        store: String, sql: String, violation: String
    ) throws {
        try bakery.spoil(store, sql)
        let found = try bakery.violations()
        #expect(found.contains(violation), "\(found)")
    }

    @Test func `a purge leaves nothing that a rule finds`() throws {
        _ = try bakery.workbench.purge()
        #expect(try bakery.violations() == [])
        #expect(
            try bakery.stores["counter"].read { try $0.rows("SELECT 1 FROM saga_instance") } == [])
    }

    /// Sells a cake of which the oven never hears: an operator gives the messages up.
    private func discardMessages(of cake: String) throws {
        try bakery.sell(cake)
        try bakery.spoil("counter", "UPDATE message SET payload = '{}' WHERE published = 0")
        try bakery.relayUntilIdle(parking: ParkingPolicy(maxAttempts: 1))
        _ = try bakery.relay.discard(DeadLetterSelection())
        try bakery.relayUntilIdle()
    }

    @Test func `a delivery that an operator has discarded is no violation`() throws {
        try discardMessages(of: "cherry")
        let check = try bakery.workbench.check()
        #expect(check.violations == 0)
        #expect(check.skipped.isEmpty)
        #expect(
            check.results.flatMap(\.consequences) == [
                "counter:7 is published, and baker has not handled it",
                "counter:8 is published, and baker has not handled it",
                "SellCake 3 waits, and nothing is on its way",
                "counter:7: the message was changed after it was sent: its digest does not fit",
                "counter:8: the message was changed after it was sent: its digest does not fit",
            ])
    }

    @Test func `what was decided about one saga excuses nothing about another`() throws {
        try discardMessages(of: "cherry")
        try bakery.spoil("counter", "UPDATE saga_instance SET end_state = 0 WHERE id = 1")
        #expect(try bakery.violations().contains("SellCake 1 waits, and nothing is on its way"))
    }
}

import TestSupport
import Testing
import Tram
import TramSQLite

/// A message that was changed after it was sent is not delivered.
@Suite struct DigestTests {
    let system: Relayed

    init() throws {
        system = try Relayed()
        try system.publish(7, about: 1)
    }

    private func change(_ assignment: String) throws {
        try system.sender.write {
            _ = try $0.execute(SQL(unsafeText: "UPDATE message SET \(assignment)"))
        }
    }

    @Test(arguments: [
        #"payload = '{"number":8}'"#, "payload = payload || ' '",
        "headers = replace(headers, '\"1\"', '\"2\"')", "headers = '{}'", "headers = 'x'",
        "headers = json_set(headers, '$.\"event-aggregate-id\"', 1)",
        "partition_id = '2'", "destination = 'Thin'", "type = 'Happene'",
        "creation_time = creation_time + 1", "creation_time = 9223372036854775807",
        "creation_time = -9223372036854775808", "digest = digest + 1",
    ])
    func `one change of a message is a failed delivery`(change: String) throws {
        try self.change(change)
        let failed = try system.pass(system.relay.run(), RelayRun.Bounds(source: "sender"))
        #expect(failed.summary.failed > 0)
        #expect(failed.summary.pending == 1)
        #expect(try system.heard() == [])
        #expect(
            try system.sender.read { try Outbox($0).messages(after: 0, limit: 9) }[0]
                .message.defect?.contains("digest") == true)
    }

    @Test func `any one byte of any part counts`() throws {
        let texts = ["type", "destination", "partition_id", "headers", "payload"]
        for column in texts {
            let text: String = try system.sender.read {
                try $0.rows(SQL(unsafeText: "SELECT \(column) FROM message"))[0].values()
            }
            for index in text.utf8.indices {
                var bytes = Array(text.utf8)
                bytes[text.utf8.distance(from: text.startIndex, to: index)] ^= 1
                let changed = String(decoding: bytes, as: UTF8.self)
                try system.sender.rehearse {
                    _ = try system.sender.write { transaction in
                        switch column {
                        case "type": try transaction.execute("UPDATE message SET type = \(changed)")
                        case "destination":
                            try transaction.execute("UPDATE message SET destination = \(changed)")
                        case "partition_id":
                            try transaction.execute("UPDATE message SET partition_id = \(changed)")
                        case "headers":
                            try transaction.execute("UPDATE message SET headers = \(changed)")
                        default: try transaction.execute("UPDATE message SET payload = \(changed)")
                        }
                    }
                    let entry = try system.sender.read { try Outbox($0).message(1) }
                    #expect(entry?.message.defect != nil, "\(column) \(index)")
                }
            }
        }
    }

    @Test func `a header that is not a string fails the delivery, also where the digest fits`()
        throws
    {
        try change("headers = json_set(headers, '$.more', 1)")
        try system.sender.write { try Outbox($0).digestAll() }
        let failed = try system.pass(system.relay.run(), RelayRun.Bounds(source: "sender"))
        #expect(failed.summary.failed == 2)
        #expect(try system.heard() == [])
    }

    @Test func `what was handled before it was changed is a duplicate`() throws {
        let counter = RelayRun.Bounds(source: "sender")
        try system.relay.run().step(counter)
        try change(#"payload = '{"number":8}'"#)
        let pass = try system.pass(system.relay.run(), counter)
        #expect(pass.deliveries == ["sender:1>counter duplicate", "sender:1>listener failed"])
    }

    @Test func `an id that comes again with other content is no duplicate`() throws {
        try system.pass(system.relay.run())
        // As in an outbox that has given out its number again.
        try system.sender.write {
            try $0.execute("DELETE FROM message")
            try $0.execute("DELETE FROM sqlite_sequence")
            try $0.publish(Happened(number: 8), about: 1)
        }
        #expect(throws: StoreError.self) { try system.relay.run().possibleDeliveries() }
        #expect(throws: StoreError.self) { try system.relay.run().pass() }
        let message = try #require(try system.sender.read { try Outbox($0).message(1) }).message
        #expect {
            try system.receiver.write { transaction in
                _ = try system.relay.services[1].receive(
                    message, for: system.relay.services[1].subscribers[0], in: transaction)
            }
        } throws: { error in
            if case .rolledBack(service: "sender", _) = error as? StoreError { true } else { false }
        }
        #expect(try system.heard() == [7])
    }
}

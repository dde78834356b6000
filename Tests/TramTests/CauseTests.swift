import TestSupport
import Testing
import TramSQLite

@testable import Tram

/// Every message says what caused it, and where its chain began.
@Suite struct CauseTests {
    @Test func `the messages of one command belong to the chain of the first one`() throws {
        let system = try Relayed()
        try system.sender.write { transaction in
            try transaction.publish(Happened(number: 1), about: 1)
            try transaction.publish(Happened(number: 2), about: 2)
        }
        try system.publish(3, about: 3)
        #expect(
            try causes(system.sender) == [
                "sender:1 by nothing of sender:1", "sender:2 by nothing of sender:1",
                "sender:3 by nothing of sender:3",
            ])
    }

    @Test func `what a handler sends is caused by its message, and belongs to its chain`() throws {
        let system = try Relayed()
        try system.sender.write { transaction in
            try transaction.publish(Happened(number: 1), about: 1)
            try transaction.publish(Happened(number: 2), about: 2)
        }
        try system.relay.run().pass()
        #expect(
            try causes(system.receiver) == [
                "receiver:1 by sender:1 of sender:1", "receiver:2 by sender:2 of sender:1",
            ])
    }

    @Test func `a message that was undone begins no chain`() throws {
        let system = try Relayed()
        try system.sender.write { transaction in
            try? transaction.savepoint {
                try transaction.publish(Happened(number: 1), about: 1)
                throw Refusal()
            }
            try transaction.publish(Happened(number: 2), about: 2)
            try transaction.publish(Happened(number: 3), about: 3)
        }
        let causes = try causes(system.sender)
        #expect(Set(causes.map { $0.split(separator: " ")[4] }).count == 1)
        #expect(causes[0].hasSuffix("of \(causes[0].split(separator: " ")[0])"))
    }

    @Test func `commands that share a commit share no chain`() throws {
        let system = try Relayed()
        try system.sender.batch {
            try system.publish(1, about: 1)
            try system.publish(2, about: 1)
        }
        #expect(
            try causes(system.sender) == [
                "sender:1 by nothing of sender:1", "sender:2 by nothing of sender:2",
            ])
    }

    @Test func `a message of before there were causes begins a chain`() throws {
        let system = try Relayed()
        try system.sender.write { transaction in
            try transaction.publish(Happened(number: 1), about: 1)
            try transaction.publish(Happened(number: 2), about: 2)
            try transaction.execute(
                #"UPDATE message SET headers = json_remove(headers, '$."correlation-id"')"#)
            try Outbox(transaction).digestAll()
        }
        try system.relay.run().pass()
        #expect(
            try causes(system.receiver) == [
                "receiver:1 by sender:1 of sender:1", "receiver:2 by sender:2 of sender:2",
            ])
    }

    @Test func `a message that gets another number is named by it as a cause, too`() throws {
        let system = try Relayed()
        try system.sender.write { transaction in
            try transaction.publish(Happened(number: 1), about: 1)
            try transaction.publish(Happened(number: 2), about: 2)
            try transaction.causing(by: MessageID(service: "sender", number: 2)) {
                _ = try transaction.publish(Happened(number: 3), about: 3)
            }
            try Outbox(transaction).renumber([renumbering(1, 8), renumbering(2, 9)])
        }
        #expect(
            try causes(system.sender) == [
                "sender:3 by sender:9 of sender:8", "sender:8 by nothing of sender:8",
                "sender:9 by nothing of sender:8",
            ])
        let defects = try system.sender.read {
            try Outbox($0).messages(after: 0, limit: 9).compactMap(\.message.defect)
        }
        #expect(defects == [])
    }

    private func renumbering(_ from: Int, _ to: Int) -> AcceptanceReport.Renumbering {
        AcceptanceReport.Renumbering(
            from: MessageID(service: "sender", number: from),
            to: MessageID(service: "sender", number: to))
    }
}

/// `ID by CAUSE of FIRST` for every message of an outbox.
func causes(_ store: SQLiteStore) throws -> [String] {
    try store.read { try Outbox($0).messages(after: 0, limit: 100) }.map {
        let cause = $0.message.causationID.map(\.description) ?? "nothing"
        return "\($0.message.id) by \(cause) of \($0.message.correlationID)"
    }
}

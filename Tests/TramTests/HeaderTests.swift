import TestSupport
import Testing
import Tram
import TramSQLite

/// Headers of a sender's own, and those of a distributed trace.
@Suite struct HeaderTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    /// What the handlers have seen.
    private final class Seen {
        var headers: [[String: String]] = []
    }

    /// A service that sends, and one that answers commands and publishes in consequence of events.
    private struct System {
        let sender: SQLiteStore
        let receiver: SQLiteStore
        let relay: Relay
        let seen = Seen()

        init(publishing own: [String: String] = [:]) throws {
            sender = try messagingStore("sender")
            receiver = try messagingStore("receiver")
            nonisolated(unsafe) let seen = seen
            relay = try Relay(wholeSystem: [
                Service(store: sender, subscribers: []),
                Service(
                    store: receiver,
                    subscribers: [
                        DomainEventHandlers(
                            "listener",
                            [
                                .on(Happened.self) { event, transaction in
                                    seen.headers.append(event.headers)
                                    try transaction.publish(
                                        Noticed(number: event.number), about: 1, headers: own)
                                    return .handled("noticed")
                                }
                            ]),
                        CommandHandlers(
                            "worker", on: .participant,
                            [
                                .on(Do.self) { command, _ in
                                    seen.headers.append(command.headers)
                                    return .success()
                                }
                            ]),
                    ]),
            ])
        }

        func sent() throws -> [Message] {
            try receiver.read { try Outbox($0).messages(after: 0, limit: 9) }.map(\.message)
        }
    }

    @Test func `further headers reach the handlers`() throws {
        let system = try System()
        try system.sender.write { transaction in
            try transaction.publish(
                Happened(number: 1), about: 1, headers: ["tenant": "a \"b\"\n\\ü🚋\u{1}"])
            try transaction.send(
                Do(step: 1), to: .participant, orderedBy: "1", headers: ["tenant": "c"])
        }
        try system.relay.run().pass()
        #expect(system.seen.headers.map { $0["tenant"] } == ["a \"b\"\n\\ü🚋\u{1}", "c"])
        #expect(system.seen.headers[0]["event-type"] == "Happened")
        #expect(system.seen.headers[1]["command_type"] == "Do")
        #expect(system.seen.headers.map { $0["correlation-id"] } == ["sender:1", "sender:1"])
    }

    @Test(arguments: [
        "ID", "id", "Partition_Id", "DESTINATION", "date", "event-type", "Event-Type",
        "event-aggregate-id", "causation-id", "Correlation-ID", "command_saga_id",
        "command_anything", "COMMAND_TYPE", "commandreply_x", "reply_to_message_id",
        "saga-locked-target",
    ])
    func `a header that the library sets is refused, however it is written`(name: String) throws {
        let system = try System()
        #expect(throws: ReservedHeader(name: name)) {
            try system.sender.write {
                _ = try $0.publish(Happened(number: 1), about: 1, headers: [name: "x", "a": "b"])
            }
        }
        #expect(throws: ReservedHeader(name: name)) {
            try system.sender.write {
                _ = try $0.send(
                    Do(step: 1), to: .participant, orderedBy: "1", headers: [name: "x"])
            }
        }
        #expect(try system.sender.read { try Outbox($0).count() } == 0)
    }

    @Test func `a trace passes to what a handler sends, and to its reply`() throws {
        let system = try System()
        let headers = ["traceparent": Self.trace, "tracestate": "a=1", "tenant": "x"]
        try system.sender.write { transaction in
            try transaction.publish(Happened(number: 1), about: 1, headers: headers)
            try transaction.send(
                Do(step: 1), to: .participant, orderedBy: "1", replyTo: "answers",
                headers: headers)
            // Nothing was handled here whose trace this could be.
            try transaction.publish(Happened(number: 2), about: 2)
        }
        try system.relay.run().pass()
        let sent = try system.sent()
        #expect(sent.map(\.type) == ["Noticed", "Success", "Noticed"])
        #expect(sent.map { $0.headers["traceparent"] } == [Self.trace, Self.trace, nil])
        #expect(sent.map { $0.headers["tracestate"] } == ["a=1", "a=1", nil])
        #expect(sent.map { $0.headers["tenant"] } == [nil, nil, nil])
    }

    @Test(arguments: ["traceparent", "TraceParent"])
    func `a handler may say its own trace`(name: String) throws {
        let own = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
        let system = try System(publishing: [name: own])
        try system.sender.write {
            _ = try $0.publish(
                Happened(number: 1), about: 1,
                headers: ["traceparent": Self.trace, "tracestate": "a=1"])
        }
        try system.relay.run().pass()
        let sent = try #require(try system.sent().first)
        #expect(sent.headers[name] == own)
        #expect(sent.headers["tracestate"] == nil, "it belongs to the other trace")
        #expect(sent.headers.keys.count { $0.lowercased() == "traceparent" } == 1)
    }
}

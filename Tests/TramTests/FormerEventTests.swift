import TestSupport
import Testing
import Tram
import TramSQLite

/// Events that were sent under another name, or in another form, are still read.
@Suite struct FormerEventTests {
    struct SignedUp: DomainEvent, Equatable {
        static let eventType = "SignedUp"
        static let channel: EventChannel = "Person"
        let name: String
        var referrer: String?
    }

    struct Registered: Codable {
        let firstName: String
        let lastName: String
    }

    struct Nameless: Codable {
        let number: Int
    }

    private func message(_ type: String, _ payload: String) -> Message {
        Message(
            id: MessageID(service: "people", number: 1), type: type, destination: "Person",
            partitionID: "1", headers: [MessageHeader.eventAggregateID: "1"], payload: payload)
    }

    /// What a handler makes of a message: the event's name, or the error.
    private func read(
        _ handler: DomainEventHandler, _ type: String, _ payload: String
    ) throws -> String {
        let subscriber = DomainEventHandlers("listener", [handler])
        guard subscriber.accepts(type: type, from: "Person") else { return "not accepted" }
        return try messagingStore("people").write { transaction in
            do {
                let outcome = try subscriber.handle(message(type, payload), in: transaction)
                return if case .handled(let effects) = outcome { effects[0] } else { "ignored" }
            } catch {
                return "\(error)"
            }
        }
    }

    @Test(arguments: ["SignedUp", "Registered", "Joined"])
    func `an event is read under each of its names`(type: String) throws {
        let handler = DomainEventHandler.on(SignedUp.self, formerly: "Registered", "Joined") {
            event, _ in .handled("\(event.name) of \(event.aggregateID)")
        }
        #expect(try read(handler, type, #"{"name":"Ann"}"#) == "Ann of 1")
        #expect(try read(handler, "Left", #"{"name":"Ann"}"#) == "not accepted")
    }

    @Test func `an old form under an old name is turned into the present one`() throws {
        let handler = DomainEventHandler.on(
            SignedUp.self, formerly: "Registered",
            upcasting: { (old: Registered) in
                SignedUp(name: old.firstName + " " + old.lastName)
            }
        ) { event, _ in .handled(event.name) }
        let old = #"{"firstName":"Ann","lastName":"Lee"}"#
        #expect(try read(handler, "Registered", old) == "Ann Lee")
        #expect(try read(handler, "SignedUp", #"{"name":"Ann"}"#) == "Ann")
        #expect(
            try read(handler, "SignedUp", old)
                == "the payload is not a valid SignedUp: the key 'name' is missing")
    }

    @Test func `an old form under the present name is tried after the present one`() throws {
        let handler = DomainEventHandler.on(
            SignedUp.self,
            formerly: .form { (old: Registered) in SignedUp(name: old.firstName) },
            .form { (old: Nameless) in SignedUp(name: "number \(old.number)") }, "Joined"
        ) { event, _ in .handled(event.name) }
        #expect(try read(handler, "SignedUp", #"{"name":"Ann"}"#) == "Ann")
        #expect(try read(handler, "SignedUp", #"{"firstName":"A","lastName":"B"}"#) == "A")
        #expect(try read(handler, "SignedUp", #"{"number":3}"#) == "number 3")
        #expect(try read(handler, "Joined", #"{"name":"Ann"}"#) == "Ann")
    }

    @Test func `an optional key may be missing, and an unknown one is ignored`() throws {
        let handler = DomainEventHandler.on(SignedUp.self) { event, _ in
            .handled("\(event.name) by \(event.referrer ?? "nobody")")
        }
        #expect(try read(handler, "SignedUp", #"{"name":"Ann","age":7}"#) == "Ann by nobody")
        #expect(try read(handler, "SignedUp", #"{"name":"Ann","referrer":"Bo"}"#) == "Ann by Bo")
    }

    @Test func `what fails names the message's type and the key`() throws {
        let handler = DomainEventHandler.on(
            SignedUp.self, formerly: "Joined",
            .form("Registered") { (old: Nameless) in SignedUp(name: "\(old.number)") }
        ) { event, _ in .handled(event.name) }
        #expect(
            try read(handler, "Joined", "{}")
                == "Joined: the payload is not a valid SignedUp: the key 'name' is missing")
        #expect(
            try read(handler, "Registered", "{}")
                == "Registered: the payload is not a valid Nameless: the key 'number' is missing")
    }

    @Test func `what an upcaster throws is told as it is`() throws {
        let handler = DomainEventHandler.on(
            SignedUp.self, formerly: "Registered",
            upcasting: { (_: Registered) in throw Refusal() }
        ) { event, _ in .handled(event.name) }
        #expect(
            try read(handler, "Registered", #"{"firstName":"A","lastName":"B"}"#)
                == "a negative number")
    }

    @Test func `two handlers of one name, present or former, are refused`() throws {
        func refuse(_ name: String, _ handlers: DomainEventHandler...) throws {
            #expect(throws: WiringError.handlerTwice(type: name, subscriber: "listener")) {
                try Service(
                    store: messagingStore("people"),
                    subscribers: [DomainEventHandlers("listener", handlers)])
            }
        }
        struct Left: DomainEvent {
            static let eventType = "Left"
            static let channel: EventChannel = "Person"
        }
        try refuse(
            "Registered", .on(SignedUp.self, formerly: "Registered") { _, _ in .handled() },
            .on(Left.self, formerly: "Registered") { _, _ in .handled() })
        try refuse(
            "Left", .on(SignedUp.self, formerly: "Left") { _, _ in .handled() },
            .on(Left.self) { _, _ in .handled() })
    }

    @Test func `a pending message of before is delivered once under its old name`() throws {
        let village = try Village()
        let envelope = DomainEventHandlers(
            "listener",
            [
                .on(SignedUp.self, formerly: "Registered") { event, transaction in
                    try transaction.execute("INSERT INTO heard VALUES (\(event.name), 1)")
                    return .handled(event.name)
                }
            ])
        try village.sender.write { transaction in
            _ = try Outbox(transaction).append(
                OutgoingMessage(
                    type: "Registered", destination: "Person", partitionID: "1",
                    headers: [
                        MessageHeader.eventType: "Registered",
                        MessageHeader.eventAggregateType: "Person",
                        MessageHeader.eventAggregateID: "1",
                    ], payload: #"{"name":"Ann"}"#))
        }
        let relay = try village.relay([envelope])
        #expect(try village.run(relay) == ["sender:1>listener handled"])
        #expect(try village.heard(by: "Ann") == [1])
        #expect(try relay.purge().freed.map(\.messages) == [1, 0])
    }
}

// Transactional messaging in one file: two services, an event, and a relay between them.
//
// Run it with: swift run HelloTram

import Tram
import TramSQLite

/// What one service tells the other.
struct GreetingSent: DomainEvent {
    static let eventType = "GreetingSent"
    static let channel: EventChannel = "Greeting"
    let text: String
}

@main
struct HelloTram {
    static func main() throws {
        // Each service has a store of its own; these live in memory.
        let sender = try InMemoryStore(
            "sender", schema: Schema(applicationID: 1, library: LibraryTables.messaging))
        let receiver = try InMemoryStore(
            "receiver",
            schema: Schema(
                applicationID: 2, library: LibraryTables.messaging,
                migrations: [["CREATE TABLE greeting (text TEXT) STRICT"]]))

        // What happens when the event arrives. The row is written in the same transaction that
        // remembers the message, so it is written once, however often the message comes.
        let greetings = DomainEventHandlers(
            "greetings",
            [
                .on(GreetingSent.self) { event, transaction in
                    try transaction.execute("INSERT INTO greeting VALUES (\(event.text))")
                    return .handled("wrote down '\(event.text)'")
                }
            ])

        // The event is put into the sender's outbox. Were there other writes in this transaction,
        // the event would be sent exactly when they are committed.
        let message = try sender.write { transaction in
            try transaction.publish(GreetingSent(text: "Hello, Tram!"), about: 1)
        }
        print("sent \(message)")

        // The relay carries it over, one visible pass at a time.
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: receiver, subscribers: [greetings]),
        ])
        let run = relay.run()
        try run.pass { event in
            if case .delivered(let delivery) = event {
                let effect = delivery.receipt.effects.joined(separator: ", ")
                print("\(delivery.message.id) -> \(delivery.subscriber ?? "nobody"): \(effect)")
            }
        }
        let isIdle = try run.pass().isIdle
        let count: Int = try receiver.read { transaction in
            try transaction.rows("SELECT count(*) FROM greeting")[0].values()
        }
        print("\(count) greeting received, \(isIdle ? "nothing left to deliver" : "more to come")")
    }
}

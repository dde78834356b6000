import Testing
import Tram
import TramSQLite
import TramTesting

private struct Reserve: Command {
    static let commandType = "Reserve"
    let room: Int
}

private struct Reserved: Reply, Hashable {
    static let replyType = "Reserved"
    let count: Int
}

private struct RoomTaken: DomainEvent {
    static let eventType = "RoomTaken"
    static let channel: EventChannel = "Room"
    let by: String
}

private struct Cleaned: DomainEvent {
    static let eventType = "Cleaned"
    static let channel: EventChannel = "Room"
}

/// A hotel that reserves the room of a number once for each command: it does not recognize one that
/// comes again, so only the inbox can keep it from a second effect.
private struct Hotel {
    static let tables = ["CREATE TABLE reservation (room INTEGER NOT NULL) STRICT"]

    static let subscriber = CombinedSubscriber(
        "hotel",
        [
            CommandHandlers(
                "hotel", on: "hotel",
                [
                    .on(Reserve.self, locking: { "Room/\($0.room)" }) { command, transaction in
                        guard command.room < 100 else { throw Declined() }
                        let count = try reserve(command.room, in: transaction)
                        try transaction.publish(RoomTaken(by: "command"), about: command.room)
                        return .success(Reserved(count: count), "reserved room \(command.room)")
                    }
                ]),
            DomainEventHandlers(
                "hotel",
                [
                    .on(Cleaned.self) { event, transaction in
                        let count = try reserve(event.numericAggregateID(), in: transaction)
                        return .handled("cleaned, \(count) reservations")
                    }
                ]),
        ])

    private static func reserve(_ room: Int, in transaction: any Transaction) throws -> Int {
        try transaction.execute("INSERT INTO reservation VALUES (\(room))")
        return try transaction.rows("SELECT count(*) FROM reservation")[0].values()
    }
}

/// The kit for tests of participants finds what is wrong, and provokes what it says.
@Suite struct ParticipantTestTests {
    private func test(on store: (any Store)? = nil) throws -> ParticipantTest {
        try ParticipantTest([Hotel.subscriber], on: store, tables: Hotel.tables)
    }

    static let mishaps: [Mishap?] = [
        nil, .deliveredTwice, .diedBeforeCommit, .diedBeforeMark, .failed(times: 3),
    ]

    @Test(arguments: mishaps)
    func `whatever goes wrong, each effect is there once`(mishap: Mishap?) throws {
        let test = try test()
        try test.send(Reserve(room: 7), to: "hotel", despite: mishap)
            .expectOutcome(.handled, "reserved room 7")
            .expectEvent(RoomTaken(by: "command"), about: 7)
            .expectReply(Reserved(count: 1))
            .expectNoMessage()
        try test.publish(Cleaned(), about: 8, despite: mishap)
            .expectOutcome(.handled, "cleaned, 2 reservations")
            .expectNoMessage()
    }

    @Test func `at the first delivery, too, the handler has run when the process dies`() throws {
        let mishaps: [(Mishap?, Int)] = [
            (nil, 1), (.deliveredTwice, 1), (.diedBeforeCommit, 2), (.diedBeforeMark, 1),
            (.failed(times: 3), 4),
        ]
        for (mishap, expected) in mishaps {
            let calls = Calls()
            let cleaners = DomainEventHandlers(
                "cleaners",
                [
                    .on(Cleaned.self) { _, _ in
                        calls.count += 1
                        return .handled("seen")
                    }
                ])
            try ParticipantTest([cleaners]).publish(Cleaned(), about: 1, despite: mishap)
            #expect(calls.count == expected, "\(String(describing: mishap))")
        }
    }

    private final class Calls: @unchecked Sendable {
        var count = 0
    }

    @Test func `a store of one's own is used, and prepared`() throws {
        let store = try InMemoryStore(
            "rooms",
            schema: Schema(
                applicationID: 1, library: LibraryTables.messagingAndSagas,
                migrations: [Migration(Hotel.tables)]))
        try test(on: store)
            .write { _ = try $0.execute("INSERT INTO reservation VALUES (1)") }
            .send(Reserve(room: 2), to: "hotel")
            .expectEvent(RoomTaken(by: "command"), about: 2)
            .expectReply(Reserved(count: 2))
        let count: Int = try store.read {
            let count: Int = try $0.rows("SELECT count(*) FROM reservation")[0].values()
            return count
        }
        #expect(count == 2)
    }

    @Test func `a refusal undoes the work, and another saga waits for the lock`() throws {
        let test = try test()
        try test.send(Reserve(room: 100), to: "hotel").expectOutcome(.refused)
            .expectReply(Declined()).expectNoMessage()
        try test.send(Reserve(room: 7), to: "hotel")
            .expectEvent(RoomTaken(by: "command"), about: 7)
            .expectReply(Reserved(count: 1))
        let other = SagaReference(type: "TestSaga", id: "2")
        try test.send(Reserve(room: 7), to: "hotel", from: other, despite: .deliveredTwice)
            .expectStashed().expectNoMessage()
        try test.unlock("Room/7", on: "hotel", despite: .diedBeforeMark)
            .expectEvent(RoomTaken(by: "command"), about: 7)
            .expectReply(Reserved(count: 2))
            .expectNoMessage()
    }

    @Test func `a crash is judged by the message that was sent, not by an older one that fails`()
        throws
    {
        struct Broken: Error {}
        let rooms = CommandHandlers(
            "rooms", on: "rooms",
            [
                .on(Reserve.self) { command, _ in
                    if command.room == 13 { throw Broken() }
                    return .success(Done(), "room \(command.room)")
                }
            ])
        let test = try ParticipantTest([rooms])
        try test.send(Reserve(room: 13), to: "rooms", from: SagaReference(type: "Stay", id: "1"))
            .expectOutcome(.failed)
        try test.send(
            Reserve(room: 14), to: "rooms", from: SagaReference(type: "Stay", id: "2"),
            despite: .diedBeforeMark
        ).expectOutcome(.handled, "room 14")
    }

    @Test func `what is not as expected is said`() throws {
        let test = try test()
        func expectUnexpected(_ words: String, _ body: () throws -> Void) {
            #expect {
                try body()
            } throws: {
                "\($0)".contains(words)
            }
        }
        try test.send(Reserve(room: 7), to: "hotel")
        expectUnexpected(#"RoomTaken {"by":"command"} was sent, not the reply Reserved"#) {
            try test.expectReply(Reserved(count: 1))
        }
        expectUnexpected(#"Reserved {"count":1} was sent, not the reply Reserved"#) {
            try test.expectReply(Reserved(count: 2))
        }
        expectUnexpected("the event RoomTaken about 7 was not sent; what came of the last") {
            try test.expectEvent(RoomTaken(by: "command"), about: 7)
        }
        expectUnexpected("nobody receives Reserve") {
            try test.send(Reserve(room: 7), to: "elsewhere")
        }
        expectUnexpected("Cleaned was handled") {
            try test.publish(Cleaned(), about: 1).expectStashed()
        }
    }
}

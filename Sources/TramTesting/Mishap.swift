internal import Synchronization
internal import Tram

/// What may go wrong while a message is delivered.
///
/// A relay delivers at least once, so each of these happens in production some day. However often
/// it does, each effect must be there once in the end. The test bench really provokes it, with the
/// real relay, outbox and inbox, and fails the test when the library does not keep that promise. A
/// handler that has effects outside of its transaction shows here as well.
///
/// ```swift
/// let mishaps: [Mishap] = [
///     .deliveredTwice, .diedBeforeCommit, .diedBeforeMark, .failed(times: 2),
/// ]
///
/// @Test(arguments: mishaps)
/// func `a room is reserved once`(despite mishap: Mishap) throws {
///     let test = try ParticipantTest([HotelCommandHandler.handlers], tables: HotelTables.create)
///         .send(ReserveRoom(hotel: 1), to: .hotel, despite: mishap)
///         .expectReply(RoomReserved(room: 1))
///         .expectNoMessage()
///     #expect(try test.read { try Hotels($0).reservedRooms() } == 1)
/// }
/// ```
public enum Mishap: Hashable, Sendable {
    /// The message is delivered, and then comes again: the second delivery must be a duplicate.
    case deliveredTwice
    /// The process dies when the handler has done its work, before that is committed. Nothing of it
    /// is left, and another process delivers the message again.
    case diedBeforeCommit
    /// The process dies when the handler's work is committed, before the sender's outbox has noted
    /// it. Another process delivers the message again, and that must be a duplicate.
    case diedBeforeMark
    /// The handler does its work and fails at its end, so many times, and is then successful. What
    /// it did before must be undone each time.
    case failed(times: Int)
}

/// A store that fails when it is told to, as if the process had died.
///
/// An error takes the part of the death: it is no `StoreError`, so the relay neither takes its
/// service for absent nor the delivery for failed, and stops on the spot. The store beneath undoes
/// the transaction, as a database does with that of a process that is gone. What the relay had in
/// memory is dropped with its run.
final class DyingStore: Store {
    private let store: any Store
    /// Whether every transaction ends before its commit.
    var diesBeforeCommit = false
    /// Whether no transaction begins that would write.
    var diesBeforeWriting = false

    /// The end of the process.
    struct Death: Error {}

    init(_ store: any Store) {
        self.store = store
    }

    var name: String { store.name }

    func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        if diesBeforeWriting { throw Death() }
        return try store.write { transaction in
            let result = try body(transaction)
            if diesBeforeCommit { throw Death() }
            return result
        }
    }

    func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try store.read(body)
    }

    func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        try store.rehearse(body)
    }
}

/// A subscriber that does its work, and then fails, so many times. What it handles it passes on to
/// the subscriber that it wraps.
///
/// It always says that it can stash messages: where the wrapped one cannot, there is never one to
/// resume. `begins` and `formerIDs` keep their defaults, so in a test every subscriber gets what is
/// sent.
struct FailingSubscriber: StashingSubscriber {
    let subscriber: any Subscriber
    let failures: Failures

    /// How many failures are still to come; shared by all subscribers of a test.
    final class Failures: Sendable {
        private let left = Mutex(0)

        /// Lets the next calls of a handler fail.
        func set(_ count: Int) {
            left.withLock { $0 = count }
        }

        /// Uses up one failure.
        ///
        /// - Returns: whether there was one, so that this call must fail.
        func take() -> Bool {
            left.withLock { left in
                if left == 0 { return false }
                left -= 1
                return true
            }
        }
    }

    /// The error of a handler that was made to fail.
    struct Failure: Error, CustomStringConvertible {
        let description = "the test lets it fail"
    }

    var id: String { subscriber.id }
    var wiring: Wiring { subscriber.wiring }
    private var stashing: (any StashingSubscriber)? { subscriber as? any StashingSubscriber }

    func accepts(type: String, from channel: String) -> Bool {
        subscriber.accepts(type: type, from: channel)
    }

    func handle(_ message: Message, in transaction: any Transaction) throws -> HandlerOutcome {
        try failing { try subscriber.handle(message, in: transaction) }
    }

    func resume(_ message: Message, in transaction: any Transaction) throws -> HandlerOutcome? {
        try failing { try stashing?.resume(message, in: transaction) }
    }

    /// Runs `body` to its end, and then fails if that is due: the writes were made, and must be
    /// undone.
    private func failing<Result>(_ body: () throws -> Result) throws -> Result {
        let result = try body()
        if failures.take() { throw Failure() }
        return result
    }

    func nextToResume(
        after message: Message, in transaction: any Transaction
    ) throws -> Message? {
        try stashing?.nextToResume(after: message, in: transaction)
    }

    func giveBack(_ message: MessageID, in transaction: any Transaction) throws {
        try stashing?.giveBack(message, in: transaction)
    }

    func givenBack(in transaction: any Transaction) throws -> [MessageID] {
        try stashing?.givenBack(in: transaction) ?? []
    }

    func drop(_ message: MessageID, in transaction: any Transaction) throws {
        try stashing?.drop(message, in: transaction)
    }
}

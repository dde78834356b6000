internal import Synchronization
internal import Tram

/// What may go wrong while a message is delivered. However often it does, each effect must be there
/// once in the end.
public enum Mishap: Hashable, Sendable {
    /// The message is delivered, and then comes again.
    case deliveredTwice
    /// The process dies when the handler has done its work, before that is committed; another one
    /// delivers the message again.
    case diedBeforeCommit
    /// The process dies when the handler's work is committed, before the sender's outbox has noted it;
    /// another one delivers the message again.
    case diedBeforeMark
    /// The handler does its work and fails at its end, so many times.
    case failed(times: Int)
}

/// A store that fails when it is told to, as if the process had died.
final class DyingStore: Store {
    private let store: any Store
    var diesBeforeCommit = false
    var diesBeforeWriting = false

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

/// A subscriber that does its work, and then fails, so many times.
struct FailingSubscriber: StashingSubscriber {
    let subscriber: any Subscriber
    let failures: Failures

    /// How many failures are still to come.
    final class Failures: Sendable {
        private let left = Mutex(0)

        func set(_ count: Int) {
            left.withLock { $0 = count }
        }

        /// - Returns: whether this is one of them.
        func take() -> Bool {
            left.withLock { left in
                if left == 0 { return false }
                left -= 1
                return true
            }
        }
    }

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

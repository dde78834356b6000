public import Tram

/// The stores of an application as they are at one instant: what its ``Rule``s read. It lives as long as a
/// check.
public final class Views {
    /// Whose stores they are.
    public let application: any Application
    /// Those that can be read, in the order of the application's ``Application/definitions``.
    package let all: [any Transaction]

    private lazy var lossesRead = Result {
        isWhole ? try Losses(all, of: application) : Losses()
    }
    private lazy var messagesRead = Result { try MessageFacts(all) }
    private lazy var sagasRead = Result { try SagaFacts(all) }

    /// - Parameter all: those that can be read, at one instant.
    package init(_ all: [any Transaction], of application: any Application) {
        self.all = all
        self.application = application
    }

    /// The store of the service with this name, to be read only. It must be one of the application's
    /// ``Application/definitions``.
    ///
    /// - Throws: an error when the store cannot be read: then the rule is skipped. It does not happen to a
    ///   rule about all stores together, which is only checked when each of them can be read.
    public subscript(name: String) -> any Transaction {
        get throws {
            if let view = all.first(where: { $0.storeName == name }) { return view }
            precondition(
                application.stores.names.contains(name), "the application has no store \(name)")
            throw StoreIsAway(name: name)
        }
    }

    /// Whether each store can be read.
    package var isWhole: Bool { all.count == application.stores.all.count }

    /// What is known to be lost, and what operators have decided. Nothing, while a store cannot be read.
    public func losses() throws -> Losses { try lossesRead.get() }

    /// The same, for a rule that is no worse for a row of those that cannot be read: what cannot be read
    /// explains nothing.
    public func readableLosses() throws -> Losses {
        do {
            return try losses()
        } catch StoreError.unexpectedRow {
            return Losses()
        }
    }

    /// The messages, and who has handled them.
    package func messages() throws -> MessageFacts { try messagesRead.get() }

    /// The sagas, and what they hold.
    package func sagas() throws -> SagaFacts { try sagasRead.get() }

    // MARK: Searching

    /// What a search finds in each store, or the row that it could not read there.
    func inEach(_ search: Rule.StoreSearch) throws -> [Finding] {
        try all.flatMap { view in try Self.findings { try search(view) } }
    }

    /// What a search finds, or the row that it could not read.
    static func findings(_ search: () throws -> [Finding]) throws -> [Finding] {
        do {
            return try search()
        } catch {
            guard let detail = unreadableRow(error) else { throw error }
            return [Finding(detail)]
        }
    }

    /// What a row holds that it should not, if that is the error.
    static func unreadableRow(_ error: any Error) -> String? {
        switch error {
        case StoreError.unexpectedRow(let detail): detail
        case let damage as SagaDamage: "\(damage)"
        default: nil
        }
    }

    // MARK: Rest

    /// Why the services need not agree yet; nil when nothing is on its way, and nobody waits for a time.
    func unrest() throws -> String? {
        let messages = try messages()
        let deadlines = try awaitedCount()
        let reasons = [
            Self.are(messages.pendingCount, "message", "pending"),
            Self.are(messages.parkedCount, "message", "parked"),
            Self.are(deadlines, "deadline", "ahead"),
        ].compactMap { $0 }
        return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
    }

    private static func are(_ count: Int, _ noun: String, _ state: String) -> String? {
        count == 0 ? nil : "\(count) \(noun)\(count == 1 ? " is" : "s are") \(state)"
    }

    /// How many deadlines and retries subscribers wait for.
    private func awaitedCount() throws -> Int {
        try application.relay.services.reduce(0) { count, service in
            try service.subscribers.reduce(count) { count, subscriber in
                guard let subscriber = subscriber as? any TimedSubscriber else { return count }
                return try count
                    + subscriber.awaited(
                        overdueAt: nil, after: nil, limit: .max, in: self[service.name]
                    ).count
            }
        }
    }
}

/// A store that a rule asks for, and that cannot be read.
struct StoreIsAway: Error {
    let name: String
}

/// Carries messages from outboxes to subscribers. This value says what is connected; a ``RelayRun``
/// drives it.
///
/// Its promise is delivery at least once, in order per subscriber and aggregate, whatever instant the
/// process dies at. With the inbox in each handler's transaction (``Service/receive(_:for:in:)``)
/// every effect happens exactly once.
public struct Relay {
    /// In the order in which outboxes are drained and a message's subscribers are served.
    public let services: [Service]
    /// What runs the sagas of the services, in the order of these and their subscribers.
    public let sagaRunners: [RunSagas]
    /// Whether these are all services of the system: then an event that none of them subscribes to is
    /// heard by nobody.
    public let isWholeSystem: Bool
    /// How many messages share one transaction per subscribing service, at the most. It changes how
    /// often a disk must be waited for, and neither what is delivered nor in which order.
    public let chunk: Int

    /// Connects all services of a system.
    ///
    /// - Throws: ``WiringError`` when messages would be lost or handled twice.
    public init(wholeSystem services: [Service], chunk: Int = 100) throws {
        try self.init(services, isWholeSystem: true, chunk: chunk)
    }

    /// Connects some of a system's services. An event to which none of them subscribes stays pending:
    /// another service may.
    ///
    /// - Throws: ``WiringError`` when messages would be lost or handled twice.
    public init(partOfSystem services: [Service], chunk: Int = 100) throws {
        try self.init(services, isWholeSystem: false, chunk: chunk)
    }

    private init(_ services: [Service], isWholeSystem: Bool, chunk: Int) throws {
        precondition(chunk > 0, "a chunk holds at least one message")
        let names = services.map(\.name)
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw WiringError.serviceTwice(name)
        }
        try Wiring.check(
            services.flatMap { service in service.subscribers.map { (service.name, $0) } })
        if isWholeSystem { try Wiring.checkIsComplete(services.flatMap(\.subscribers)) }
        self.services = services
        sagaRunners = RunSagas.all(of: services)
        self.isWholeSystem = isWholeSystem
        self.chunk = chunk
    }

    /// Begins an invocation: a run remembers how far it has come and what it could not deliver, so
    /// that a failed delivery is tried once in it.
    ///
    /// - Parameters:
    ///   - availability: notes which services are away.
    ///   - parking: when a delivery that keeps failing is parked.
    ///   - journal: knows of handlers that end the process; nil when that does not matter.
    public func run(
        _ availability: Availability = Availability(), parking: ParkingPolicy = ParkingPolicy(),
        journal: (any DeliveryJournal)? = nil
    ) -> RelayRun {
        RelayRun(self, availability, parking, journal)
    }

    /// How many messages are pending in the outboxes that can be read.
    public func pendingCount(_ availability: Availability = Availability()) throws -> Int {
        try undelivered(availability).pending
    }

    /// How many messages are pending, and how many are parked, in the outboxes that can be read.
    func undelivered(
        _ availability: Availability
    ) throws -> (pending: Int, parked: Int) {
        try services.reduce((0, 0)) { counts, service in
            let own = try availability.attempt(service.store) {
                try $0.read {
                    try (Outbox($0).pendingCount(), Outbox($0).parkedCount())
                }
            }
            return (counts.0 + (own?.0 ?? 0), counts.1 + (own?.1 ?? 0))
        }
    }

    /// Runs `body`, with every delivery really made by the real handlers, and then undoes it all.
    ///
    /// - Parameter availability: the services that are away are left out.
    public func rehearse<Result>(
        _ availability: Availability = Availability(), _ body: () throws -> Result
    ) throws -> Result {
        for service in services {
            // Whoever is away is so before the body begins.
            _ = try availability.attempt(service.store) { try $0.read { _ in } }
        }
        let services = services.filter { availability.includes($0.name) }
        func rehearse(_ remaining: ArraySlice<Service>) throws -> Result {
            guard let service = remaining.first else { return try body() }
            return try service.store.rehearse { try rehearse(remaining.dropFirst()) }
        }
        return try rehearse(services[...])
    }

    /// Whether a subscriber of the relay's services accepts the message.
    func hasReceiver(_ message: Message) -> Bool {
        services.contains { $0.subscribers.contains { $0.accepts(message) } }
    }

    /// The subscribers that accept the message.
    func subscribers(of message: Message) -> [any Subscriber] {
        services.flatMap { $0.subscribers.filter { $0.accepts(message) } }
    }

    /// The subscribers that have handled the message, as far as that is known.
    func subscribersDone(
        with message: Message, _ availability: Availability
    ) throws -> Set<String> {
        var done: Set<String> = []
        for service in services {
            let wanted = service.subscribers.filter { $0.accepts(message) }.map(\.id)
            if wanted.isEmpty { continue }
            let handled = try availability.attempt(service.store) { store in
                try store.read { transaction in
                    try wanted.filter { try Inbox(transaction).contains(message.id, for: $0) }
                }
            }
            done.formUnion(handled ?? [])
        }
        return done
    }

    /// Whether every subscriber has handled the message, or will never have to.
    func isHandledByAll(
        _ message: Message, _ notes: DeliveryNotes, _ availability: Availability
    ) throws -> Bool {
        guard hasReceiver(message) else { return false }
        let done = try subscribersDone(with: message, availability)
        return subscribers(of: message).allSatisfy {
            done.contains($0.id) || notes.isSettled(DeliveryNotes.Key(message, $0))
        }
    }
}

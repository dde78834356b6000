/// Carries messages from outboxes to subscribers.
///
/// This value says what is connected; a ``RelayRun`` drives it. It is the message relay of the
/// pattern "Transactional outbox" (Chris Richardson, *Microservices Patterns*, section 3.3.7),
/// together with the message broker and the consumers of Eventuate Tram: it reads the outbox tables
/// itself, and calls the subscribers in their own services' transactions.
///
/// ```swift
/// let relay = try Relay(wholeSystem: [
///     Service(store: orders, subscribers: [OrderSagas(), OrderCommands()]),
///     Service(store: customers, subscribers: [CustomerCommands()]),
/// ])
/// let summary = try relay.runUntilIdle { event in
///     if case .delivered(let delivery) = event { print(delivery.receipt.effects) }
/// }
/// ```
///
/// **What it promises.** Every committed message is delivered to every subscriber that accepts it,
/// at least once, whatever instant a process dies at. Together with the inbox row in the handler's
/// own transaction (``Service/receive(_:for:in:)``) the effects of a message on a store happen
/// exactly once. Messages of one aggregate, which share a channel and a partition id, come to each
/// subscriber in the order in which they were sent; between aggregates there is no promised order.
///
/// **What happens at a failure.** A handler that throws loses its own writes. Its message stays
/// pending, and the later ones of the same aggregate wait for it at this subscriber. After
/// ``ParkingPolicy/maxAttempts`` failures it is parked as a ``DeadLetter``. A service whose store
/// is away is left out, and gets its messages later.
///
/// **Threads.** A relay and its stores belong to one thread. Several processes may run relays over
/// the same stores, one after another; ``RelayExclusion`` keeps them apart. `RelayRunner` of
/// TramRunner drives a relay that goes on for good.
public struct Relay {
    /// The connected services, in the order in which their outboxes are drained and a message's
    /// subscribers are served.
    public let services: [Service]
    /// What runs the sagas of the services, in the order of these and their subscribers.
    public let sagaRunners: [RunSagas]
    /// Whether these are all services of the system. Then an event that none of them subscribes to
    /// is done with; otherwise it stays pending for the others.
    public let isWholeSystem: Bool
    /// How many messages share one transaction per subscribing service, at the most. A greater
    /// chunk waits for the disk less often, and makes an interruption wait longer; what is
    /// delivered, and in which order, does not depend on it.
    public let chunk: Int

    /// Connects all services of a system.
    ///
    /// - Parameters:
    ///   - services: the services, each with another name.
    ///   - chunk: how many messages share a transaction, from 1.
    /// - Throws: ``WiringError`` when messages would be lost or handled twice, also when a step of
    ///   a saga sends its command to a channel that nobody serves. No store is touched.
    public init(wholeSystem services: [Service], chunk: Int = 100) throws {
        try self.init(services, isWholeSystem: true, chunk: chunk)
    }

    /// Connects some of a system's services, for example those whose stores are on this machine. An
    /// event to which none of them subscribes stays pending: another service may. That every
    /// command has a receiver is not checked.
    ///
    /// - Parameters:
    ///   - services: the services, each with another name.
    ///   - chunk: how many messages share a transaction, from 1.
    /// - Throws: ``WiringError`` when messages would be handled twice, or a subscriber cannot work
    ///   as it is.
    public init(partOfSystem services: [Service], chunk: Int = 100) throws {
        try self.init(services, isWholeSystem: false, chunk: chunk)
    }

    /// Checks the wiring, and keeps the services.
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

    /// Begins a run: any number of passes that remember how far they have come, and what could not
    /// be delivered. A delivery that fails is tried once in a run, unless
    /// ``RelayRun/retryFailed()`` says otherwise.
    ///
    /// A command-line program makes one run for each invocation; a server keeps one for as long as
    /// it lives. Nothing is read until the first pass.
    ///
    /// - Parameters:
    ///   - availability: notes which services are away.
    ///   - parking: after how many failures a delivery is parked.
    ///   - journal: remembers which delivery is under way, for handlers that end their process; nil
    ///     when that does not matter.
    public func run(
        _ availability: Availability = Availability(), parking: ParkingPolicy = ParkingPolicy(),
        journal: (any DeliveryJournal)? = nil
    ) -> RelayRun {
        RelayRun(self, availability, parking, journal)
    }

    /// How many messages are pending, in the outboxes that can be read: neither published nor set
    /// aside. One count for each store, on an index of the pending messages.
    ///
    /// - Throws: an error of a store that does not mean that its service is away.
    public func pendingCount(_ availability: Availability = Availability()) throws -> Int {
        try undelivered(availability).pending
    }

    /// How many messages are pending, and how many are parked for at least one subscriber, in the
    /// outboxes that can be read.
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

    /// Runs `body`, with every delivery really made by the real handlers, and then undoes it all: a
    /// dry run.
    ///
    /// Every store is put into a rehearsal, one inside the other, so that the body sees all effects
    /// and none is kept. Handlers must not have effects outside of their transaction, here as
    /// anywhere. Use ``RelayRun/rehearse(_:)`` where a run goes on afterwards, so that it also
    /// forgets what was rehearsed.
    ///
    /// - Parameters:
    ///   - availability: services that are away are left out, and noted here. Runs in the body must
    ///     be given the same, so that they do not write to a store that was left out.
    ///   - body: makes passes, and returns what the caller wants to know of them.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; nothing is kept then either.
    public func rehearse<Result>(
        _ availability: Availability = Availability(), _ body: () throws -> Result
    ) throws -> Result {
        for service in services {
            // Find out who is away before the rehearsals are nested.
            _ = try availability.attempt(service.store) { try $0.read { _ in } }
        }
        let services = services.filter { availability.includes($0.name) }
        func rehearse(_ remaining: ArraySlice<Service>) throws -> Result {
            guard let service = remaining.first else { return try body() }
            return try service.store.rehearse { try rehearse(remaining.dropFirst()) }
        }
        return try rehearse(services[...])
    }

    /// Whether a subscriber of the connected services accepts the message.
    func hasReceiver(_ message: Message) -> Bool {
        services.contains { $0.subscribers.contains { $0.accepts(message) } }
    }

    /// The subscribers that accept the message, in the order of the services.
    func subscribers(of message: Message) -> [any Subscriber] {
        services.flatMap { $0.subscribers.filter { $0.accepts(message) } }
    }

    /// The subscribers whose inbox knows the message: one read for each service that has a
    /// subscriber for it. Services that are away count as not done.
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

    /// Whether every subscriber has handled the message, or will never have to. False for a message
    /// without a receiver.
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

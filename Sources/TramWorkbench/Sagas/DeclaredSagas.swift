public import Tram

/// The sagas of an application, as its wiring and its chains declare them: the instances of its
/// orchestrated sagas, by type, and then its ``Chain``s.
///
/// The messages of an orchestrated saga are its commands and their replies, and the events that have their
/// correlation id; it waits for the commands and replies. Those of a chain are the ones with the
/// correlation id of its first event, but for what orchestrated sagas have sent and got.
public struct DeclaredSagas: SagaCatalogue {
    private let application: any Application
    private let numbering: SagaNumbering?
    private let runners: [RunSagas]
    /// The types of orchestrated sagas by the channels of their replies.
    private let typesByReplyChannel: [String: String]
    private let chains: [Chain]

    /// The sagas of an application.
    ///
    /// - Parameter numbering: by which numbers users know them, beside `TYPE:ID`. Without one, a number is
    ///   an instance of the only type of saga that the application has.
    public init(_ application: any Application, numbering: SagaNumbering? = nil) {
        self.application = application
        self.numbering = numbering
        runners = application.relay.sagaRunners
        typesByReplyChannel = Dictionary(
            uniqueKeysWithValues: runners.map {
                (SagaReference.replyChannel(ofType: $0.type), $0.type)
            })
        chains = application.chains
    }

    public var services: [String] {
        let disposable = type(of: application).definitions.filter(\.isDisposable).map(\.name)
        return application.relay.services.map(\.name).filter { !disposable.contains($0) }
    }

    public var joinsCorrelated: Bool { true }

    // MARK: Finding

    public func saga(numbered number: Int) throws -> SagaEntry? {
        if let numbering { return try numbering.saga(number).flatMap { try saga($0) } }
        let types = runners.map(\.type) + chains.map(\.type)
        guard types.count == 1 else { return nil }
        return try saga(SagaReference(type: types[0], id: "\(number)"))
    }

    public func saga(_ reference: SagaReference) throws -> SagaEntry? {
        if let kind = runners.firstIndex(where: { $0.type == reference.type }) {
            let isKnown = try runners[kind].service.store.read {
                try Sagas.exists(reference, in: $0) || Sagas.isPurged(reference, in: $0)
            }
            return isKnown ? try instance(reference, kind: kind) : nil
        }
        guard let kind = chains.firstIndex(where: { $0.type == reference.type }) else { return nil }
        let chain = chains[kind]
        guard let state = try chain.state(reference.id) else { return nil }
        let first = try firstEvent(of: chain, reference.id)
        return SagaEntry(
            reference,
            at: SagaCursor(
                kind: runners.count + kind, position: first?.id.number ?? Int(reference.id) ?? 0),
            number: try numbering?.number(reference), told: state)
    }

    public func sagas(
        after last: SagaCursor?, limit: Int, undecidedOnly: Bool, _ availability: Availability
    ) throws -> [SagaEntry] {
        var found: [SagaEntry] = []
        var last = last ?? SagaCursor(position: 0)
        while found.count < limit, last.kind < runners.count + chains.count {
            let page =
                last.kind < runners.count
                ? try instances(
                    after: last, limit: limit - found.count, undecidedOnly, availability)
                : try events(after: last, limit: limit - found.count, undecidedOnly, availability)
            found += page.entries
            last = page.last ?? SagaCursor(kind: last.kind + 1, position: 0)
        }
        return found
    }

    /// - Returns: also the place up to which was looked; nil at the end of the kind.
    private func instances(
        after last: SagaCursor, limit: Int, _ undecidedOnly: Bool, _ availability: Availability
    ) throws -> (entries: [SagaEntry], last: SagaCursor?) {
        let type = runners[last.kind].type
        let page = try availability.attempt(runners[last.kind].service.store) {
            try $0.read {
                try Sagas.all(
                    ofType: type, after: SagaReference(type: type, id: "\(last.position)"),
                    limit: limit, unendedOnly: undecidedOnly, in: $0)
            }
        }
        let entries = try (page ?? []).map { try instance($0, kind: last.kind) }
        return (entries, entries.last?.cursor)
    }

    private func instance(_ reference: SagaReference, kind: Int) throws -> SagaEntry {
        SagaEntry(
            reference, at: SagaCursor(kind: kind, position: Int(reference.id) ?? 0),
            number: try numbering?.number(reference), told: nil)
    }

    /// The same for the chains of a kind.
    private func events(
        after last: SagaCursor, limit: Int, _ undecidedOnly: Bool, _ availability: Availability
    ) throws -> (entries: [SagaEntry], last: SagaCursor?) {
        let chain = chains[last.kind - runners.count]
        let store = application.stores[chain.service]
        let events = try availability.attempt(store) {
            try $0.read {
                try Outbox($0).messages(
                    ofType: chain.eventType, destination: chain.channel, after: last.position,
                    limit: limit)
            }
        }
        let entries = try (events ?? []).compactMap { event -> SagaEntry? in
            let state = try chain.state(event.partitionID)
            guard let state, !undecidedOnly || state == .running else { return nil }
            let reference = SagaReference(type: chain.type, id: event.partitionID)
            return SagaEntry(
                reference, at: SagaCursor(kind: last.kind, position: event.id.number),
                number: try numbering?.number(reference), told: state)
        }
        let end = events?.last.map { SagaCursor(kind: last.kind, position: $0.id.number) }
        return (entries, end)
    }

    private func firstEvent(of chain: Chain, _ id: String) throws -> Message? {
        try application.stores[chain.service].read {
            try Outbox($0).messages(
                ofType: chain.eventType, destination: chain.channel, partitionID: id, after: 0,
                limit: 1
            ).first
        }
    }

    // MARK: Messages

    public func places(of saga: SagaEntry) throws -> [SagaMessagePlace] {
        let reference = saga.reference
        if let running = runners.first(where: { $0.type == reference.type }) {
            let channels = running.runner.definition.versions.flatMap(\.channels)
            let commands = Set(channels).sorted().map {
                SagaMessagePlace.partition(
                    service: running.service.name, channel: $0, id: reference.id)
            }
            let replies = services.map {
                SagaMessagePlace.partition(
                    service: $0, channel: SagaReference.replyChannel(ofType: reference.type),
                    id: reference.id)
            }
            return commands + replies
        }
        guard let chain = chains.first(where: { $0.type == reference.type }),
            let first = try firstEvent(of: chain, reference.id)
        else { return [] }
        return services.map { .correlation(service: $0, id: first.correlationID) }
    }

    public func key(of message: Message) throws -> String? {
        if let saga = sender(of: message) { return saga.name }
        let chain = chains.first {
            $0.service == message.id.service && $0.eventType == message.type
                && $0.channel == message.destination
        }
        guard let chain, try chain.state(message.partitionID) != nil else { return nil }
        return SagaReference(type: chain.type, id: message.partitionID).name
    }

    /// The orchestrated saga that has sent a command, or is sent a reply.
    private func sender(of message: Message) -> SagaReference? {
        // A reply's headers may have been spoilt.
        typesByReplyChannel[message.destination].map {
            SagaReference(type: $0, id: message.partitionID)
        } ?? message.saga
    }
}

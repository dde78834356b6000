/// Deletes instances of one service's sagas that have ended and left nothing behind.
///
/// An ended saga is still needed while
///
/// * a participant holds a lock for it, or has one of its commands in the stash;
/// * a command or a reply of it is on its way, in whichever outbox;
/// * it has failed, and nobody has decided about it.
///
/// Locks and stashes of a service are read as a whole for each page of instances, since they are
/// short; messages are found by `message_pending_of_aggregate_idx`, whose partition is the saga's
/// id.
struct SagaPurge {
    private let relay: Relay
    private let service: Service
    /// Only sagas whose log ends up to then; nil for all.
    private let endedUpTo: Timestamp?
    private let page: Int
    /// The channels on which messages of a saga can travel, by type of saga that the service runs.
    private let channels: [String: [String]]

    private typealias Entry = SagaInstances.Entry

    /// Collects the channels of each type: those of its steps in all versions of its definition,
    /// all that are served at present (an earlier version may have used one), and its reply
    /// channel.
    ///
    /// - Parameter page: how many instances are read, and deleted, at a time. A saga has about ten
    ///   rows.
    init(relay: Relay, service: Service, endedUpTo: Timestamp?, page: Int) {
        self.relay = relay
        self.service = service
        self.endedUpTo = endedUpTo
        self.page = page
        let served = relay.services.flatMap(\.subscribers).flatMap(\.wiring.commandChannels)
        let definitions = service.subscribers.flatMap(\.wiring.sagas)
        channels = definitions.reduce(into: [:]) { channels, definition in
            let sent = definition.versions.flatMap(\.steps).flatMap {
                [$0.action, $0.compensation].compactMap { $0?.channel }
            }
            let replies = SagaReference.replyChannel(ofType: definition.sagaType)
            channels[definition.sagaType] = Set(served + sent).sorted() + [replies]
        }
    }

    /// Purges page by page, and reports each instance that is kept although it is old enough.
    func run(_ report: inout PurgeReport) throws {
        guard try service.store.read({ try $0.hasTable("saga_instance") }) else { return }
        var after = 0
        while true {
            let entries = try service.store.read {
                try SagaInstances($0).entries(after: after, limit: page)
            }
            guard let last = entries.last else { return }
            try purge(entries, &report)
            after = last.number
        }
    }

    /// Purges a page: first what the instances say themselves, then what is left of them elsewhere.
    private func purge(_ entries: [Entry], _ report: inout PurgeReport) throws {
        var candidates: [Entry] = []
        for entry in entries where !isYoung(entry) {
            if let hold = hold(on: entry) {
                report.keep(hold)
            } else {
                candidates.append(entry)
            }
        }
        if candidates.isEmpty { return }
        let holds = try remains(of: candidates)
        for entry in candidates {
            if let hold = holds[entry.saga] { report.keep(hold) }
        }
        let free = candidates.filter { holds[$0.saga] == nil }
        if free.isEmpty { return }
        let count = try service.store.write { try SagaInstances($0).purge(free) }
        report.free(count, \.sagas, of: service.name)
    }

    /// Whether something has happened to a saga lately. One without a log is not young, but kept
    /// for another reason.
    private func isYoung(_ entry: Entry) -> Bool {
        guard let endedUpTo, let logged = entry.logged else { return false }
        return logged > endedUpTo
    }

    /// Why an instance is kept, as far as its own row tells; nil when it does not.
    private func hold(on entry: Entry) -> PurgeHold? {
        let reason: PurgeHold.Reason
        if !entry.isEnded {
            reason = .running
        } else if entry.isFailed {
            reason = .failed
        } else if entry.logged == nil {
            reason = .unlogged
        } else if channels[entry.saga.type] == nil {
            reason = .unknownType
        } else {
            return nil
        }
        return PurgeHold(service.name, .sagas, reason, saga: entry.saga)
    }

    // MARK: What is left of a saga elsewhere

    /// Why instances are kept because of what other stores hold, by saga.
    private func remains(of entries: [Entry]) throws -> [SagaReference: PurgeHold] {
        var holds: [SagaReference: PurgeHold] = [:]
        let sagas = Set(entries.map(\.saga))
        for other in relay.services {
            try forEachClaim(in: other) { saga, reason in
                guard sagas.contains(saga), holds[saga] == nil else { return }
                holds[saga] = PurgeHold(
                    service.name, .sagas, reason, saga: saga, holder: other.name)
            }
            try other.store.read { transaction in
                for entry in entries where holds[entry.saga] == nil {
                    guard let message = try messageOnItsWay(of: entry.saga, transaction) else {
                        continue
                    }
                    holds[entry.saga] = PurgeHold(
                        service.name, .sagas, .pending, message: message, saga: entry.saga)
                }
            }
        }
        return holds
    }

    /// Calls `body` for every lock and stashed command in a service's store, page by page.
    private func forEachClaim(
        in other: Service, _ body: (SagaReference, PurgeHold.Reason) -> Void
    ) throws {
        guard try other.store.read({ try SagaLocks.exist(in: $0) }) else { return }
        var target = ""
        while true {
            let locks = try other.store.read {
                try SagaLocks($0).locks(after: target, limit: page)
            }
            guard let last = locks.last else { break }
            for lock in locks { body(lock.saga, .locked) }
            target = last.target
        }
        var sequence = 0
        while true {
            let commands = try other.store.read {
                try SagaLocks($0).stashed(after: sequence, limit: page)
            }
            guard let last = commands.last else { break }
            for command in commands { body(command.saga, .stashed) }
            sequence = last.sequence
        }
    }

    /// The first unpublished command or reply of the saga in an outbox; nil when there is none.
    private func messageOnItsWay(
        of saga: SagaReference, _ transaction: any Transaction
    ) throws -> MessageID? {
        for channel in channels[saga.type] ?? [] {
            let message = try Outbox(transaction).unpublished(
                destination: channel, partitionID: saga.id
            ).first { SagaReference(of: $0) == saga || SagaReference(answeredBy: $0) == saga }
            if let message { return message.id }
        }
        return nil
    }
}

extension SagaReference {
    /// The saga that a reply is for, by the echoes of its command's headers; nil when it is for
    /// none.
    fileprivate init?(answeredBy reply: Message) {
        guard let type = reply.headers[MessageHeader.echo(of: MessageHeader.commandSagaType)],
            let id = reply.headers[MessageHeader.echo(of: MessageHeader.commandSagaID)]
        else { return nil }
        self.init(type: type, id: id)
    }
}

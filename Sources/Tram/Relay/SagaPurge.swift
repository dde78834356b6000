/// Deletes the instances of one service's sagas that have ended, and of which nothing is left: no lock,
/// no stashed command, and no message on its way. A failed saga stays until somebody has taken it up.
struct SagaPurge {
    let relay: Relay
    let service: Service
    /// Only sagas whose log ends up to then.
    let endedUpTo: Timestamp?
    /// How many instances are looked at, and deleted, at a time. A saga has about ten rows.
    let page: Int

    private typealias Entry = SagaInstances.Entry

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

    private func purge(_ entries: [Entry], _ report: inout PurgeReport) throws {
        var candidates: [Entry] = []
        for entry in entries {
            if let hold = hold(on: entry) {
                report.keep(hold)
            } else if let logged = entry.logged, logged <= endedUpTo ?? logged {
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

    /// Why an instance is kept, as far as it tells that itself.
    private func hold(on entry: Entry) -> PurgeHold? {
        let reason: PurgeHold.Reason
        if !entry.isEnded {
            reason = .running
        } else if entry.isFailed {
            reason = .failed
        } else if entry.logged == nil {
            reason = .unlogged
        } else if definition(of: entry.saga) == nil {
            reason = .unknownType
        } else {
            return nil
        }
        return PurgeHold(service.name, .sagas, reason, saga: entry.saga)
    }

    private func definition(of saga: SagaReference) -> SagaDefinition? {
        service.subscribers.flatMap(\.wiring.sagas).first { $0.sagaType == saga.type }
    }

    // MARK: What is left of a saga elsewhere

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

    /// A command or a reply of the saga that is in an outbox and not published.
    private func messageOnItsWay(
        of saga: SagaReference, _ transaction: any Transaction
    ) throws -> MessageID? {
        for channel in channels(of: saga) {
            let message = try Outbox(transaction).unpublished(
                destination: channel, partitionID: saga.id
            ).first { SagaReference(of: $0) == saga || SagaReference(answeredBy: $0) == saga }
            if let message { return message.id }
        }
        return nil
    }

    /// The channels on which a saga's messages travel.
    private func channels(of saga: SagaReference) -> [String] {
        let served = relay.services.flatMap(\.subscribers).flatMap(\.wiring.commandChannels)
        let sent = (definition(of: saga)?.steps ?? []).flatMap {
            [$0.action, $0.compensation].compactMap { $0?.channel }
        }
        return Set(served + sent).sorted() + [saga.replyChannel]
    }
}

extension SagaReference {
    /// The saga that a reply is for; nil when it is for none.
    fileprivate init?(answeredBy reply: Message) {
        guard let type = reply.headers[MessageHeader.echo(of: MessageHeader.commandSagaType)],
            let id = reply.headers[MessageHeader.echo(of: MessageHeader.commandSagaID)]
        else { return nil }
        self.init(type: type, id: id)
    }
}

extension Relay {
    /// Finds out what a saga waits for, from all stores: whether it can go on by itself, and what
    /// an operator should know before ``SagaManager/decide(_:_:because:in:)``.
    ///
    /// The outstanding command is followed in the order in which messages travel: the saga's
    /// outbox, the participants' inboxes and stashes, and at last their outboxes with the reply. A
    /// message that moves on during the search is met again further on, so a command that is on its
    /// way is not taken for lost. The search changes nothing, takes no lock, and reads each store a
    /// few times.
    ///
    /// - Parameters:
    ///   - saga: the saga.
    ///   - availability: stores that are away are left out, and noted here; the outlook then says
    ///     that it is not complete.
    /// - Returns: the outlook; nil when no service of the relay runs sagas of this type, or there
    ///   is no such saga.
    /// - Throws: ``StoreError`` when the saga's own store cannot be read; ``SagaDamage`` when the
    ///   saga's row cannot.
    public func outlook(
        of saga: SagaReference, _ availability: Availability = Availability()
    ) throws -> SagaOutlook? {
        guard let (service, manager) = runner(of: saga.type),
            let row = try service.store.read({ try SagaInstances($0).row(saga) })
        else { return nil }
        let definition = definition(of: row, manager)
        let overview = try row.overview(definition)
        let isAbandoned = try service.store.read { try SagaDecisions($0).isAbandoned(saga) }
        guard let request = try service.store.read({ try SagaLog($0).unanswered(of: overview) })
        else { return SagaOutlook(overview, isAbandoned: isAbandoned) }
        // In the order in which messages travel, so that one that moves on meanwhile is met again.
        let sent = try service.store.read { try Outbox($0).message(request.number) }
        let discarded = try service.store.read { try Outbox($0).discarded(of: request) }
        let channel = sent?.message.destination ?? self.channel(of: overview, definition)
        let handledBy = try receivers(on: channel).filter { receiver in
            try availability.attempt(receiver.service.store) {
                // A stashed command is in the inbox too, but was not handled.
                try $0.read {
                    try Inbox($0).contains(request, for: receiver.subscriber.id)
                        && stashed(request, in: $0) == nil
                }
            } ?? false
        }.map(\.subscriber.id)
        if let sent, !sent.isPublished, handledBy.isEmpty, discarded.isEmpty {
            return SagaOutlook(
                overview, request: request, onItsWay: sent.message.heading,
                isAbandoned: isAbandoned)
        }
        let isVoid = try isVoid(request, on: channel, discardedFor: discarded, availability)
        let onItsWay =
            try stashed(request, isDiscarded: !discarded.isEmpty, availability)
            ?? reply(to: request, of: saga, (service, manager), availability)
        return SagaOutlook(
            overview, request: request, onItsWay: onItsWay,
            handledBy: discarded.isEmpty ? handledBy : [], requestIsVoid: isVoid,
            isAbandoned: isAbandoned,
            isComplete: participants.allSatisfy { availability.includes($0.name) })
    }

    /// A subscriber and its service.
    private typealias Place = (service: Service, subscriber: any Subscriber)

    /// The service and subscriber that run sagas of a type.
    private func runner(of sagaType: String) -> Place? {
        for service in services {
            for subscriber in service.subscribers
            where subscriber.wiring.sagas.contains(where: { $0.sagaType == sagaType }) {
                return (service, subscriber)
            }
        }
        return nil
    }

    /// The definition by which a saga goes on; nil when the program does not have that version.
    private func definition(
        of row: SagaInstanceRow, _ manager: any Subscriber
    ) -> SagaDefinition? {
        let versions = manager.wiring.sagas.filter { $0.sagaType == row.saga.type }
            .flatMap(\.versions)
        return versions.first { $0.version == row.definitionVersion }
    }

    /// The channel of the outstanding command, as the definition says: its row in the outbox may
    /// have been purged.
    private func channel(of saga: SagaOverview, _ definition: SagaDefinition?) -> String? {
        let step = definition?.steps.first { $0.name == saga.state.step }
        let isRunning = if case .running = saga.state { true } else { false }
        return (isRunning ? step?.action : step?.compensation)?.channel
    }

    /// The subscribers that handle the commands of a channel; none when the channel is not known.
    private func receivers(on channel: String?) -> [Place] {
        services.flatMap { service in
            service.subscribers.filter { subscriber in
                channel.map { subscriber.wiring.commandChannels.contains($0) } ?? false
            }.map { (service, $0) }
        }
    }

    /// The services that receive commands: only these can have stashed ones, and nearly always it
    /// is they who reply. Any service may reply, however, with a ``ReplyToken`` that was handed on
    /// to it.
    private var participants: [Service] {
        services.filter { $0.subscribers.contains { !$0.wiring.commandChannels.isEmpty } }
    }

    /// Whether it is certain that a command was never handled and never will be: an operator has
    /// discarded it for all who receive it, and the inbox of each shows no earlier handling.
    ///
    /// An inbox entry with the outcome `stashed`, of a command that is in the stash no longer,
    /// means that it could not be resumed and was then discarded. Where the inbox was purged,
    /// nothing is certain: an answer of false is the safe one, since the saga then undoes what may
    /// have happened.
    private func isVoid(
        _ request: MessageID, on channel: String?, discardedFor discarded: Set<String>,
        _ availability: Availability
    ) throws -> Bool {
        let receivers = receivers(on: channel)
        guard !receivers.isEmpty else { return false }
        return try receivers.allSatisfy { receiver in
            guard discarded.contains(receiver.subscriber.id) else { return false }
            return try availability.attempt(receiver.service.store) {
                try $0.read {
                    guard let entry = try Inbox($0).entry(request, for: receiver.subscriber.id)
                    else { return true }
                    // It was stashed, could not be resumed, and was then discarded.
                    return try entry.outcome == .stashed && stashed(request, in: $0) == nil
                }
            } ?? false
        }
    }

    /// The command while it is in the stash of a participant. One that was given back is on its way
    /// from its outbox, unless an operator has discarded it there.
    private func stashed(
        _ request: MessageID, isDiscarded: Bool, _ availability: Availability
    ) throws -> MessageHeading? {
        for service in participants {
            let found = try availability.attempt(service.store) {
                try $0.read { try stashed(request, in: $0) }
            }
            guard let (command, isGivenBack) = found ?? nil else { continue }
            if !isGivenBack || !isDiscarded { return command }
        }
        return nil
    }

    /// Looks a command up in the stash of one store; nil where the store has no tables for sagas.
    private func stashed(
        _ request: MessageID, in transaction: any Transaction
    ) throws -> (command: MessageHeading, isGivenBack: Bool)? {
        guard try SagaLocks.exist(in: transaction) else { return nil }
        let locks = SagaLocks(transaction)
        guard let place = try locks.stashed(request),
            let command = try locks.heading(stashed: request)
        else { return nil }
        return (command, place.isGivenBack)
    }

    /// The reply to a command, if one is on its way: unpublished in some outbox, not discarded, and
    /// not yet in the inbox of the saga's own subscriber.
    private func reply(
        to request: MessageID, of saga: SagaReference, _ runner: Place,
        _ availability: Availability
    ) throws -> MessageHeading? {
        let names = Set(participants.map(\.name))
        // Other services reply seldom, with a token that was handed on to them. If one of them is
        // away, the outlook still counts as complete.
        let others = Availability()
        for service in services {
            let asked = names.contains(service.name) ? availability : others
            let replies = try asked.attempt(service.store) {
                try $0.read { try Outbox($0).unpublishedReplies(to: request, of: saga) }
            }
            let reply = try replies?.first { reply in
                try !runner.service.store.read {
                    try Inbox($0).contains(reply.id, for: runner.subscriber.id)
                }
            }
            if let reply { return reply.heading }
        }
        return nil
    }
}

extension Outbox {
    /// The unpublished replies of this outbox to one command of a saga. The channel and the
    /// partition id of a saga's replies are known, so an index finds them.
    fileprivate func unpublishedReplies(
        to request: MessageID, of saga: SagaReference
    ) throws -> [Message] {
        try unpublished(
            destination: SagaReference.replyChannel(ofType: saga.type), partitionID: saga.id
        ).filter {
            try $0.headers[MessageHeader.replyToMessageID] == request.description
                && discarded(of: $0.id).isEmpty
        }
    }
}

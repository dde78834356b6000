extension Relay {
    /// What a saga waits for, as all stores tell: whether it can go on by itself, and what an operator
    /// should know who decides about it.
    ///
    /// - Returns: nil when there is no such saga.
    /// - Throws: ``StoreError`` when the sagas' own store cannot be read; where another cannot, the
    ///   outlook is not complete. ``SagaDamage`` when the saga's row cannot be read.
    public func outlook(
        of saga: SagaReference, _ availability: Availability = Availability()
    ) throws -> SagaOutlook? {
        guard let (service, manager) = runner(of: saga.type),
            let row = try service.store.read({ try SagaInstances($0).row(saga) })
        else { return nil }
        let definition = definition(of: row, manager)
        let overview = try row.overview(definition)
        guard let request = overview.lastRequest, !overview.state.isEnd else {
            let isAbandoned = try service.store.read { try SagaDecisions($0).isAbandoned(saga) }
            return SagaOutlook(overview, isAbandoned: isAbandoned)
        }
        // In the order in which messages travel: what moves on meanwhile is met again.
        let sent = try service.store.read { try Outbox($0).message(request.number) }
        let discarded = try service.store.read { try Outbox($0).discarded(of: request) }
        let channel = sent?.message.destination ?? self.channel(of: overview, definition)
        let handledBy = try receivers(on: channel).filter { receiver in
            try availability.attempt(receiver.service.store) {
                try $0.read { try Inbox($0).contains(request, for: receiver.subscriber.id) }
            } ?? false
        }.map(\.subscriber.id)
        if let sent, !sent.isPublished, handledBy.isEmpty, discarded.isEmpty {
            return SagaOutlook(overview, onItsWay: sent.message.heading)
        }
        let onItsWay =
            try stashed(request, of: saga, availability)
            ?? reply(to: request, of: saga, (service, manager), availability)
        return SagaOutlook(
            overview, onItsWay: onItsWay, handledBy: discarded.isEmpty ? handledBy : [],
            isComplete: participants.allSatisfy { availability.includes($0.name) })
    }

    private typealias Place = (service: Service, subscriber: any Subscriber)

    private func runner(of sagaType: String) -> Place? {
        for service in services {
            for subscriber in service.subscribers
            where subscriber.wiring.sagas.contains(where: { $0.sagaType == sagaType }) {
                return (service, subscriber)
            }
        }
        return nil
    }

    /// The definition by which a saga goes on; nil when the program does not have it.
    private func definition(
        of row: SagaInstanceRow, _ manager: any Subscriber
    ) -> SagaDefinition? {
        let versions = manager.wiring.sagas.filter { $0.sagaType == row.saga.type }
            .flatMap(\.versions)
        return row.version == nil ? versions.last : versions.first { $0.version == row.version }
    }

    /// Where the outstanding command was sent, as the definition says: its row may be gone.
    private func channel(of saga: SagaOverview, _ definition: SagaDefinition?) -> String? {
        let step = definition?.steps.first { $0.name == saga.state.step }
        let isRunning = if case .running = saga.state { true } else { false }
        return (isRunning ? step?.action : step?.compensation)?.channel
    }

    private func receivers(on channel: String?) -> [Place] {
        services.flatMap { service in
            service.subscribers.filter { subscriber in
                channel.map { subscriber.wiring.commandChannels.contains($0) } ?? false
            }.map { (service, $0) }
        }
    }

    /// The services that take part in sagas: only these have stashed commands, and reply.
    private var participants: [Service] {
        services.filter { $0.subscribers.contains { !$0.wiring.commandChannels.isEmpty } }
    }

    private func stashed(
        _ request: MessageID, of saga: SagaReference, _ availability: Availability
    ) throws -> MessageHeading? {
        for service in participants {
            let command = try availability.attempt(service.store) {
                try $0.read { transaction -> MessageHeading? in
                    guard try SagaLocks.exist(in: transaction) else { return nil }
                    return try Sagas.stashedCommands(of: saga, in: transaction)
                        .first { $0.id == request }
                }
            }
            if let command = command ?? nil { return command }
        }
        return nil
    }

    private func reply(
        to request: MessageID, of saga: SagaReference, _ runner: Place,
        _ availability: Availability
    ) throws -> MessageHeading? {
        for service in participants {
            let replies = try availability.attempt(service.store) {
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
    /// The replies to a saga's command that somebody may still get.
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

package import Tram
internal import TramSQLite

/// What a saga waits for.
package struct SagaWait: Hashable, Sendable {
    package let deliveries: [OutstandingDelivery]
    /// Whether the saga is not decided, and nothing is on its way that would decide it.
    package let isStuck: Bool
    /// When the saga tries its step again; nil when that is not what it waits for.
    package let retry: PendingRetry?
    /// What an operator can decide about the saga when it is stuck: a stranded or damaged one can only be
    /// abandoned.
    package let wayOut: SagaDecision

    package init(
        deliveries: [OutstandingDelivery] = [], isStuck: Bool = false, retry: PendingRetry? = nil,
        wayOut: SagaDecision = .resend
    ) {
        self.deliveries = deliveries
        self.isStuck = isStuck
        self.retry = retry
        self.wayOut = wayOut
    }
}

/// A step of a saga that is tried again when some time has passed.
package struct PendingRetry: Hashable, Sendable {
    /// Which attempt that is, from 2.
    package let attempt: Int
    package let at: Timestamp

    /// What is waited for, in words that do not depend on the time.
    package var description: String { "the time of attempt \(attempt)" }
}

extension Workbench {
    /// What a saga waits for, beside whatever else is at work.
    package func wait(
        of saga: SagaEntry, _ availability: Availability = Availability()
    ) throws -> SagaWait {
        guard try isUnderWay(saga, availability) else { return SagaWait() }
        // A message may move on between two looks: then it is looked again.
        for _ in 1...3 {
            let before = try versions(availability)
            let deliveries = try outstandingDeliveries(for: saga, availability)
            guard deliveries.isEmpty, before != nil else {
                return SagaWait(deliveries: deliveries)
            }
            let wait = try waitForNothing(saga, availability)
            if try versions(availability) == before { return wait }
        }
        return SagaWait()
    }

    /// The same for sagas of which the messages have been looked at before.
    ///
    /// - Parameter deliveries: what ``outstandingDeliveriesBySaga(_:)`` has told.
    package func wait(
        of saga: SagaEntry, _ deliveries: [String: [OutstandingDelivery]],
        _ availability: Availability
    ) throws -> SagaWait {
        guard let own = deliveries[saga.key] else { return try wait(of: saga, availability) }
        return try isUnderWay(saga, availability) ? SagaWait(deliveries: own) : SagaWait()
    }

    /// Whether a saga may still have something to do.
    private func isUnderWay(_ saga: SagaEntry, _ availability: Availability) throws -> Bool {
        if let told = saga.told { return told.isUnderWay }
        guard let running = relay.sagaRunner(ofType: saga.reference.type) else { return false }
        do {
            let found = try availability.attempt(running.service.store) {
                try $0.read { try Sagas.overview(of: saga.reference, in: $0) }
            }
            switch (found ?? nil)?.state {
            case .running, .compensating, .failed: return true
            case .completed, .rolledBack, nil: return false
            }
        } catch is SagaDamage {
            return true
        }
    }

    /// What changes when anything is committed to the stores of sagas; nil when one is away.
    private func versions(_ availability: Availability) throws -> [Int]? {
        let versions = try catalogue.services.map { name in
            let store = stores.file(name)
            return try availability.attempt(store) { _ in try store.dataVersion() }
        }
        return versions.contains(nil) ? nil : versions.compactMap { $0 }
    }

    /// What a saga waits for when nothing is on its way.
    private func waitForNothing(
        _ saga: SagaEntry, _ availability: Availability
    ) throws -> SagaWait {
        guard let now = try catalogue.saga(saga.reference), (now.told ?? .running) == .running
        else {
            return SagaWait()
        }
        guard let running = relay.sagaRunner(ofType: saga.reference.type) else {
            // A choreographed saga has no row of its own: messages are all that moves it. Where these are
            // not known any more, nothing is known.
            return SagaWait(isStuck: try !catalogue.places(of: saga).isEmpty)
        }
        let outlook: SagaOutlook?
        do {
            outlook = try relay.outlook(of: saga.reference, availability)
        } catch is SagaDamage {
            outlook = nil
        }
        guard let outlook else { return SagaWait(isStuck: true, wayOut: .abandon) }
        // Time moves a saga without a message.
        if let time = outlook.overview.retryAt, !outlook.overview.state.isEnd {
            return SagaWait(
                retry: PendingRetry(attempt: outlook.overview.attempts + 1, at: time))
        }
        guard outlook.waitsForNothing else { return SagaWait() }
        let inspection = try running.inspect(saga.reference.id)
        let canGoOn = inspection.stranded == nil && inspection.damage.isEmpty
        return SagaWait(isStuck: true, wayOut: canGoOn ? .resend : .abandon)
    }

    /// Whether an orchestrator runs a saga.
    func isOrchestrated(_ saga: SagaReference) -> Bool {
        relay.sagaRunner(ofType: saga.type) != nil
    }
}

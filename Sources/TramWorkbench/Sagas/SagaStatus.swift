package import Tram

/// A saga of either kind, as far as it can be known.
package struct SagaStatus: Sendable {
    package let entry: SagaEntry
    package let name: SagaName
    /// `running`, `compensating`, `completed`, `rolled-back`, `failed`, `stranded`, `damaged`; or `ended`,
    /// when it was purged and nobody knows how it ended.
    package let state: String
    /// The step under way, of an orchestrated saga.
    package let step: String?
    package let wait: SagaWait
    /// What the services have told one another because of the saga, by service and number.
    package let messages: [MessageHeading]
    /// The version of the definition that an orchestrated saga was started with; nil when that was
    /// before there were versions.
    package var version: Int?
    /// What an orchestrated saga's definition says; nil for a choreographed one, which has none.
    package let definition: SagaDefinition?
    /// What has happened to an orchestrated saga; empty once it was purged.
    package let log: [SagaLogEntry]
    /// What is wrong with the rows of an orchestrated saga, a phrase for each fault; and what the
    /// program does not know any more of a stranded one.
    package let damage: [String]
    /// Whether an orchestrated saga has ended, and its instance and log are gone.
    package var isPurged = false
    /// Whether an operator has given an orchestrated saga up.
    package var isAbandoned = false

    package var reference: SagaReference { entry.reference }
    /// Whether it has an orchestrator.
    package var isOrchestrated: Bool { definition != nil }
    package var kind: String { isOrchestrated ? "orchestration" : "choreography" }
}

extension Workbench {
    /// How users name a saga.
    package func name(of saga: SagaEntry) -> SagaName {
        SagaName(saga, noun: type(of: application).sagaWords.noun)
    }

    /// A saga of the application.
    package func sagaStatus(
        of saga: SagaEntry, _ availability: Availability = Availability()
    ) throws -> SagaStatus {
        let messages = try headings(of: saga, availability)
        return try status(of: saga, messages, wait(of: saga, availability))
    }

    /// All sagas of the application, in the order of lists.
    package func sagas(
        _ availability: Availability = Availability()
    ) throws -> [SagaStatus] {
        let traffic = try sagaTraffic(availability)
        var sagas: [SagaStatus] = []
        while true {
            let page = try self.sagas(after: sagas.last?.entry.cursor, traffic, availability)
            if page.isEmpty { return sagas }
            sagas += page
        }
    }

    /// The next page of them: ``pageSize``, if there are so many.
    package func sagas(
        after last: SagaCursor?, _ traffic: SagaTraffic,
        _ availability: Availability = Availability()
    ) throws -> [SagaStatus] {
        let page = try catalogue.sagas(
            after: last, limit: pageSize, undecidedOnly: false, availability)
        let waits = try page.map { try wait(of: $0, traffic.deliveries, availability) }
        return try zip(page, waits).map { saga, wait in
            try status(of: saga, traffic.messages[saga.key] ?? [], wait)
        }
    }

    private func status(
        of saga: SagaEntry, _ messages: [MessageHeading], _ wait: SagaWait
    ) throws -> SagaStatus {
        let name = name(of: saga)
        guard let running = relay.sagaRunner(ofType: saga.reference.type) else {
            return SagaStatus(
                entry: saga, name: name, state: (saga.told ?? .running).word, step: nil, wait: wait,
                messages: messages, definition: nil, log: [], damage: [])
        }
        if try running.service.store.read({ try Sagas.isPurged(saga.reference, in: $0) }) {
            return SagaStatus(
                entry: saga, name: name, state: saga.told?.word ?? "ended", step: nil, wait: wait,
                messages: messages, definition: running.runner.definition, log: [], damage: [],
                isPurged: true)
        }
        let found = try running.inspect(saga.reference.id)
        let fault =
            found.isAbandoned
            ? nil : found.overview.flatMap { catalogue.fault(inDataOf: $0, of: saga) }
        let damage = found.damage + [fault].compactMap { $0 }
        let state: String? =
            if !damage.isEmpty { "damaged" } else if found.stranded != nil { "stranded" } else {
                found.overview.map(\.state.word)
            }
        return SagaStatus(
            entry: saga, name: name, state: state ?? "damaged", step: found.overview?.state.step,
            wait: wait, messages: messages, version: found.overview?.version,
            definition: found.definition ?? running.runner.definition, log: found.log,
            damage: damage + [found.stranded?.detail].compactMap { $0 },
            isAbandoned: found.isAbandoned)
    }

    /// The name of the step that an orchestrator has under way; nil when there is none, or when the saga
    /// cannot be read.
    package func step(of saga: SagaReference) throws -> String? {
        guard let running = relay.sagaRunner(ofType: saga.type) else { return nil }
        return try running.inspect(saga.id).overview?.state.step
    }
}

extension SagaState {
    /// The state as it is told, without its step.
    package var word: String {
        switch self {
        case .running: "running"
        case .compensating: "compensating"
        case .completed: "completed"
        case .rolledBack: "rolled-back"
        case .failed: "failed"
        }
    }
}

package import Tram

/// A saga that will not move unless somebody helps.
package struct HelplessSaga: Hashable, Sendable {
    package let name: SagaName
    package let need: Need

    /// Why it does not move.
    package enum Need: Hashable, Sendable {
        /// Nothing is on its way that it waits for.
        case stuck
        /// The program does not know its definition, its step or its data; with what it does not know.
        case stranded(String)
        /// It was to be rolled back, and this step was not undone; nil when it cannot be told.
        case failed(step: String?)
    }
}

extension Workbench {
    /// The undecided sagas that are stuck or stranded, and those that have failed, in the order of lists.
    package func helplessSagas(
        _ availability: Availability = Availability()
    ) throws -> [HelplessSaga] {
        let undecided = try helplessUndecidedSagas(availability)
        let named = Set(undecided.map(\.saga))
        let failed = try failedSagas(availability).filter { !named.contains($0.saga) }
        return (undecided + failed).sorted { $0.saga.cursor < $1.saga.cursor }
            .map { HelplessSaga(name: name(of: $0.saga), need: $0.need) }
    }

    /// Whether a saga is not decided, and nothing will decide it unless somebody helps.
    package func needsHelp(
        _ saga: SagaEntry, _ availability: Availability = Availability()
    ) throws -> Bool {
        guard (saga.told ?? .running) == .running else { return false }
        if let running = relay.sagaRunner(ofType: saga.reference.type) {
            let found = try running.inspect(saga.reference.id)
            if case .failed? = found.overview?.state { return true }
            if found.stranded != nil || !found.damage.isEmpty { return true }
        }
        return try wait(of: saga, availability).isStuck
    }

    private typealias Need = (saga: SagaEntry, need: HelplessSaga.Need)

    private func helplessUndecidedSagas(_ availability: Availability) throws -> [Need] {
        var helpless: [Need] = []
        var deliveries: [String: [OutstandingDelivery]]?
        var last: SagaCursor?
        while true {
            let page = try catalogue.sagas(
                after: last, limit: pageSize, undecidedOnly: true, availability)
            guard let end = page.last else { return helpless }
            let known = try deliveries ?? outstandingDeliveriesBySaga(availability)
            deliveries = known
            for saga in page {
                if let need = try need(of: saga, known[saga.key] ?? [], availability) {
                    helpless.append((saga, need))
                }
            }
            last = end.cursor
        }
    }

    private func need(
        of saga: SagaEntry, _ deliveries: [OutstandingDelivery], _ availability: Availability
    ) throws -> HelplessSaga.Need? {
        if let running = relay.sagaRunner(ofType: saga.reference.type) {
            let found = try running.inspect(saga.reference.id)
            if let stranded = found.stranded { return .stranded(stranded.detail) }
        }
        let isStuck = try deliveries.isEmpty && wait(of: saga, availability).isStuck
        return isStuck ? .stuck : nil
    }

    /// The sagas that have failed and may be helped, whatever their application tells of them.
    private func failedSagas(_ availability: Availability) throws -> [Need] {
        try relay.sagaRunners.flatMap { running in
            var helpless: [Need] = []
            var last: SagaReference?
            while true {
                let page = try availability.attempt(running.service.store) {
                    try $0.read { transaction in
                        try Sagas.failed(
                            ofType: running.type, after: last, limit: pageSize,
                            in: transaction
                        ).map { try running.runner.inspect($0.id, in: transaction) }
                    }
                }
                guard let page, let end = page.last else { return helpless }
                for found in page {
                    guard let saga = try catalogue.saga(found.reference) else { continue }
                    let need =
                        found.stranded.map { HelplessSaga.Need.stranded($0.detail) }
                        ?? .failed(step: found.overview?.state.step)
                    helpless.append((saga, need))
                }
                last = end.reference
            }
        }
    }
}

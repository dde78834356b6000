public import Tram

/// What a saga has left at rest, and should not.
public struct SagaLeftover: Hashable, Sendable {
    /// Whose it is.
    public let saga: SagaReference
    /// What is left.
    public let kind: Kind

    /// What a saga can leave.
    public enum Kind: Hashable, Sendable {
        /// It has not ended, and nothing is on its way that would move it.
        case waits
        /// A lock of it, or a command that waits for one, is left at a participant.
        case lock
    }
}

// What holds of the sagas of any application.

extension Rule {
    /// At rest, every saga has ended and holds no lock.
    ///
    /// - Parameter isConsequence: whether something that is left follows from what is known to be lost, or
    ///   was decided. If nothing is said, it may follow from a decision about the saga or its messages, and
    ///   from a store that was put back since it was started.
    public static func sagasHaveEnded(
        _ views: Views, isConsequence: ((SagaLeftover) throws -> Bool)? = nil
    ) -> Rule {
        .atRest("at rest, every saga has ended and holds no lock") {
            let facts = try views.sagas()
            let isConsequence = try isConsequence ?? SagaExcuses(views).excuse
            return try facts.sagas.filter { !$0.hasEnded }.map {
                Finding(
                    "\($0.saga) waits, and nothing is on its way",
                    isConsequence: try isConsequence(SagaLeftover(saga: $0.saga, kind: .waits)))
            }
                + facts.locks.map {
                    Finding(
                        "a lock or a stashed command is left: \($0.columns)",
                        isConsequence: try isConsequence(SagaLeftover(saga: $0.saga, kind: .lock)))
                }
        }
    }

    /// Every saga is as its log tells, in each store whose service runs sagas.
    public static func sagasAreAsLogged(_ views: Views) -> Rule {
        .eachStore("every saga is as its log tells", of: views) { view in
            guard try Sagas.hasTables(view) else { return [] }
            return try SagaAudit(view, of: views.application).findings()
        }
    }
}

/// What may follow, for sagas, from what is known to be lost and from what was decided.
private struct SagaExcuses {
    private let views: Views
    private let losses: Losses

    init(_ views: Views) throws {
        self.views = views
        losses = try views.losses()
    }

    func excuse(_ leftover: SagaLeftover) throws -> Bool {
        let saga = leftover.saga
        let relay = views.application.relay
        guard let running = relay.sagaRunner(ofType: saga.type) else { return false }
        if leftover.kind == .lock {
            if losses.isDecided(saga) { return true }
            if let number = Int(saga.id),
                losses.isLost(number, of: "saga_instance", in: running.service.name)
            {
                return true
            }
        }
        let channels = Set(running.runner.definition.versions.flatMap(\.channels))
        let participants = relay.services.filter { service in
            service.subscribers.contains {
                !channels.isDisjoint(with: $0.wiring.commandChannels)
            }
        }
        return losses.mayHaveStopped(
            saga, started: try started(saga, in: views[running.service.name]),
            channels: channels.union([SagaReference.replyChannel(ofType: saga.type)]),
            stores: Set([running.service.name] + participants.map(\.name)))
    }

    /// When the first entry of a saga's log was written.
    private func started(
        _ saga: SagaReference, in view: any Transaction
    ) throws -> Timestamp? {
        let row = try view.rows(
            """
            SELECT creation_time FROM saga_log
            WHERE saga_type = \(saga.type) AND saga_id = \(saga.id) ORDER BY id LIMIT 1
            """
        ).first
        guard let milliseconds: Int = try row?.values() else { return nil }
        return Timestamp(milliseconds: Int64(milliseconds))
    }
}

internal import Orders
package import Tram
internal import TramSQLite
internal import TramWorkbench

/// What came of an operator's decision about the saga of an order.
package struct DecidedSaga: Sendable {
    package let orderID: Int
    package let decision: SagaDecision
    package let effects: [String]
    package let published: [MessageHeading]
}

/// Why a decision about the saga of an order was refused.
package struct SagaDecisionError: Error, Hashable, Sendable {
    package let decision: SagaDecision
    package let order: Int
    package let reason: Reason

    package enum Reason: Hashable, Sendable {
        case choreographed
        case ended(state: String)
        case abandoned
        /// The saga has moved since it was looked at.
        case moved
        /// The saga stands at another step than the operator meant.
        case standsElsewhere(step: String)
        /// What it waits for is on its way.
        case onItsWay(MessageHeading, isParked: Bool)
        case notCompensatable(step: String)
        case notPossible(String)
    }
}

/// Which sagas many decisions are about.
package struct SagaSelection: Sendable {
    /// Their state, in the words of ``OrderSaga/state``; or `stuck`. Of those that are stranded or damaged,
    /// no decision is carried out but to abandon them.
    package let state: String
    /// The step that they stand at; any when nil.
    package let step: String?

    package init(state: String, step: String? = nil) {
        self.state = state
        self.step = step
    }

    /// The states that a saga can have and be helped.
    package static let states = [
        "stuck", "running", "compensating", "failed", "stranded", "damaged",
    ]

    package func contains(_ saga: OrderSaga) -> Bool {
        guard saga.order.sagaID != nil, !saga.isAbandoned, step == nil || step == saga.step else {
            return false
        }
        return state == "stuck" ? saga.wait.isStuck : state == saga.state
    }
}

/// Where a saga must stand for a decision about it; anywhere unless something is said.
package struct SagaPlace: Hashable, Sendable {
    /// The name of the step.
    package let step: String?
    /// One of ``states``: it tells a step's action from its compensation.
    package let state: String?

    package init(step: String? = nil, state: String? = nil) {
        self.step = step
        self.state = state
    }

    /// The states that can be asked for.
    package static let states = ["running", "compensating", "failed"]

    /// Why a decision is not possible; nil when the saga stands there.
    fileprivate func objection(
        to now: SagaState, _ word: (SagaState) -> String
    ) -> SagaDecisionError.Reason? {
        // One that has ended otherwise is refused for that.
        guard let place = now.step else { return nil }
        if let step, step != place { return .standsElsewhere(step: place) }
        if let state, state != word(now) { return .notPossible("it is \(word(now))") }
        return nil
    }
}

extension CustomersAndOrders {
    /// What there is to know about the saga of an order before something is decided about it.
    ///
    /// - Parameter expected: where the saga must stand. A decision that is made twice by mistake is then
    ///   carried out once.
    /// - Returns: nil when its row cannot be read, and it is to be abandoned: nothing else can be decided
    ///   about it.
    /// - Throws: ``SagaDecisionError``, `OrderError.notFound`; a `StoreError` when a store is away that
    ///   the decision asks for.
    package func outlook(
        ofOrder id: Int, for decision: SagaDecision, at expected: SagaPlace = SagaPlace(),
        _ availability: Availability = Availability()
    ) throws -> SagaOutlook? {
        let order = try orders.order(id)
        guard let sagaID = order.sagaID else {
            throw SagaDecisionError(decision: decision, order: id, reason: .choreographed)
        }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        return try inTermsOfOrders(decision, order) {
            let found: SagaOutlook?
            do {
                found = try relay.outlook(of: reference, availability)
            } catch is SagaDamage where decision == .abandon {
                return nil
            }
            guard let outlook = found else { throw SagaError.notFound(reference) }
            if let reason = expected.objection(to: outlook.overview.state, word(for:)) {
                throw SagaDecisionError(decision: decision, order: id, reason: reason)
            }
            // Who takes a step as done, or gives a saga up, need not know what is on its way.
            if !outlook.isComplete, decision != .skip, decision != .abandon,
                let reason = stores.names.compactMap({ availability.reasons[$0] }).first
            {
                throw reason
            }
            return outlook
        }
    }

    /// Carries out what an operator has decided about the saga of an order.
    ///
    /// - Parameters:
    ///   - outlook: nil when the saga's row cannot be read, and it is to be abandoned.
    ///   - isDryRun: whether all is undone in the end.
    /// - Throws: ``SagaDecisionError``, `OrderError.notFound`.
    package func decide(
        _ decision: SagaDecision, ofOrder id: Int, _ outlook: SagaOutlook?, because reason: String,
        isDryRun: Bool = false
    ) throws -> DecidedSaga {
        /// Undoes a rehearsal.
        struct Rehearsed: Error {
            let result: DecidedSaga
        }
        let order = try orders.order(id)
        do {
            return try inTermsOfOrders(decision, order) {
                try orderStore.write { transaction in
                    let result = try decide(decision, order, outlook, reason, in: transaction)
                    if isDryRun { throw Rehearsed(result: result) }
                    return result
                }
            }
        } catch let rehearsed as Rehearsed {
            return rehearsed.result
        }
    }

    private func decide(
        _ decision: SagaDecision, _ order: Order, _ outlook: SagaOutlook?, _ reason: String,
        in transaction: any Transaction
    ) throws -> DecidedSaga {
        let outbox = Outbox(transaction)
        let newest = try outbox.highestNumber()
        let effects: [String]
        if let outlook,
            decision != .abandon
                || fault(inDataOf: outlook.overview, ofOrder: order.id) == nil
        {
            try requireDataAboutOrder(
                order.id, ofSaga: outlook.overview.reference, in: transaction)
            effects = try orders.sagas.decide(
                decision, outlook, because: reason, in: transaction)
        } else {
            effects = try abandon(order, outlook, reason, in: transaction)
        }
        return DecidedSaga(
            orderID: order.id, decision: decision, effects: effects,
            published: try outbox.headings(after: newest))
    }

    /// Gives up a saga whose row cannot be read, or is about another order, if it still is so.
    private func abandon(
        _ order: Order, _ outlook: SagaOutlook?, _ reason: String, in transaction: any Transaction
    ) throws -> [String] {
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: order.sagaID ?? "")
        let saga = try orders.sagas.inspect(reference.id, in: transaction)
        if let outlook {
            guard saga.overview?.state == outlook.overview.state,
                saga.overview?.lastRequest == outlook.overview.lastRequest
            else { throw SagaError.hasMoved(reference) }
        } else if saga.damage.isEmpty {
            throw SagaError.hasMoved(reference)
        }
        return try orders.sagas.abandon(
            reference, because: reason,
            trustingData: saga.overview.flatMap { fault(inDataOf: $0, ofOrder: order.id) } == nil,
            in: transaction)
    }

    /// Outside of any transaction.
    private func inTermsOfOrders<Result>(
        _ decision: SagaDecision, _ order: Order, _ body: () throws -> Result
    ) throws -> Result {
        func refused(_ reason: SagaDecisionError.Reason) -> SagaDecisionError {
            SagaDecisionError(decision: decision, order: order.id, reason: reason)
        }
        do {
            return try body()
        } catch let error as SagaError {
            switch error {
            case .notFound(let saga):
                if try orderStore.read({ try Sagas.isPurged(saga, in: $0) }) {
                    throw refused(.ended(state: stateTold(by: order.state)))
                }
                throw StoreError.unexpectedRow("order \(order.id) has no saga \(saga)")
            case .hasEnded(_, let state): throw refused(.ended(state: word(for: state)))
            case .abandoned: throw refused(.abandoned)
            case .hasMoved: throw refused(.moved)
            case .notStuck(_, let message):
                let delivery = try workbench.message(message.id)?.deliveries.first
                let isParked = if case .parked? = delivery?.state { true } else { false }
                throw refused(.onItsWay(message, isParked: isParked))
            case .notCompensatable(_, let step): throw refused(.notCompensatable(step: step))
            case .notPossible(_, _, let why): throw refused(.notPossible(why))
            case .ofFormerVersion, .emptyKey: throw error
            }
        } catch let damage as SagaDamage {
            throw StoreError.unexpectedRow(
                "\(damage.saga) of order \(order.id): \(damage.detail)")
        } catch let stranded as SagaStranded {
            throw StoreError.unexpectedRow(
                "\(stranded.saga) of order \(order.id): \(stranded.detail)")
        }
    }

    /// - Throws: `StoreError.unexpectedRow` when the saga of an order would move another order.
    private func requireDataAboutOrder(
        _ id: Int, ofSaga reference: SagaReference, in transaction: any Transaction
    ) throws {
        guard let overview = try Sagas.overview(of: reference, in: transaction),
            let fault = fault(inDataOf: overview, ofOrder: id)
        else { return }
        throw StoreError.unexpectedRow("\(reference) of order \(id): \(fault)")
    }
}

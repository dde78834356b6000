internal import Orders
package import Tram
internal import TramSQLite

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
    /// Their state, in the words of ``OrderSaga/state``; or `stuck`.
    package let state: String
    /// The step that they stand at; any when nil.
    package let step: String?

    package init(state: String, step: String? = nil) {
        self.state = state
        self.step = step
    }

    /// The states that a saga can have and be helped.
    package static let states = ["stuck", "running", "compensating", "failed"]

    package func contains(_ saga: OrderSaga) -> Bool {
        guard saga.order.sagaID != nil, !saga.isAbandoned, step == nil || step == saga.step else {
            return false
        }
        return state == "stuck" ? saga.wait.isStuck : state == saga.state
    }
}

extension CustomersAndOrders {
    /// What there is to know about the saga of an order before something is decided about it.
    ///
    /// - Parameter expected: the step that the saga must stand at; any when nil. A decision that is made
    ///   twice by mistake is then carried out once.
    /// - Throws: ``SagaDecisionError``, `OrderError.notFound`; a `StoreError` when a store is away that
    ///   the decision asks for.
    package func outlook(
        ofOrder id: Int, for decision: SagaDecision, atStep expected: String? = nil,
        _ availability: Availability = Availability()
    ) throws -> SagaOutlook {
        let order = try orders.order(id)
        guard let sagaID = order.sagaID else {
            throw SagaDecisionError(decision: decision, order: id, reason: .choreographed)
        }
        let reference = SagaReference(type: CreateOrderSaga.sagaType, id: sagaID)
        return try inTermsOfOrders(decision, order) {
            guard let outlook = try relay.outlook(of: reference, availability) else {
                throw SagaError.notFound(reference)
            }
            if let expected, let step = outlook.overview.state.step, step != expected {
                throw SagaDecisionError(
                    decision: decision, order: id, reason: .standsElsewhere(step: step))
            }
            // Who takes a step as done, or gives a saga up, need not know what is on its way.
            if !outlook.isComplete, decision != .skip, decision != .abandon,
                let reason = stores.compactMap({ availability.reasons[$0.name] }).first
            {
                throw reason
            }
            return outlook
        }
    }

    /// Carries out what an operator has decided about the saga of an order.
    ///
    /// - Parameter isDryRun: whether all is undone in the end.
    /// - Throws: ``SagaDecisionError``, `OrderError.notFound`.
    package func decide(
        _ decision: SagaDecision, ofOrder id: Int, _ outlook: SagaOutlook, because reason: String,
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
        _ decision: SagaDecision, _ order: Order, _ outlook: SagaOutlook, _ reason: String,
        in transaction: any Transaction
    ) throws -> DecidedSaga {
        try requireDataAboutOrder(order.id, ofSaga: outlook.overview.reference, in: transaction)
        let outbox = Outbox(transaction)
        let newest = try outbox.highestNumber()
        let effects = try orders.sagas.decide(
            decision, outlook, because: reason, in: transaction)
        return DecidedSaga(
            orderID: order.id, decision: decision, effects: effects,
            published: try outbox.headings(after: newest))
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
                let delivery = try self.message(message.id)?.deliveries.first
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

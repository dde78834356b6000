internal import Tram

/// What can be wrong with an order where the services, or an order and its saga, do not agree. Each may
/// follow from what operators have decided, or from what is known to be lost; nothing else may.
enum OrderFault: CaseIterable {
    /// It is PENDING, and nothing is on its way.
    case undecided
    /// It is APPROVED, and has no credit.
    case unpaid
    /// It has credit, and is not APPROVED.
    case paidForNothing
    /// Its credit is reserved for another customer, or is another amount.
    case paidOtherwise
    /// Its saga waits, and nothing is on its way.
    case sagaWaits
    /// A lock or a stashed command of its saga is left.
    case lockLeft
    /// Its saga has a state that does not go with its own.
    case sagaDisagrees
}

extension SagaDecisionRecord {
    /// What a decision can leave behind that the definition alone would not.
    ///
    /// - Parameter isReserved: whether the customers' service has told the saga that credit is reserved.
    func leaves(isReserved: Bool) -> Set<OrderFault> {
        switch decision {
        // As the definition says: a second ReserveCredit for an order reserves nothing.
        case .retry, .resend: []
        case .skip:
            if isReserved {
                [.undecided, .paidForNothing, .lockLeft, .sagaDisagrees]
            } else {
                [.undecided, .unpaid, .paidForNothing, .lockLeft, .sagaDisagrees]
            }
        case .rollback: [.undecided, .paidForNothing, .lockLeft, .sagaDisagrees]
        // The saga has failed, which goes with any state of an order.
        case .abandon: [.undecided, .paidForNothing, .lockLeft]
        }
    }
}

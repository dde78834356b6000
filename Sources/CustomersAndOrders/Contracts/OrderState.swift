internal import Tram

/// The states of an order's life: `PENDING` → `APPROVED` or `REJECTED`; `APPROVED` → `CANCELLED`.
package enum OrderState: String, Codable, Sendable, CaseIterable, SQLConvertible {
    case pending = "PENDING"
    case approved = "APPROVED"
    case rejected = "REJECTED"
    case cancelled = "CANCELLED"

    /// Whether an order in this state can still come to be in the other one. A state leads to
    /// itself.
    package func leads(to other: OrderState) -> Bool {
        switch (self, other) {
        case (.pending, _), (.approved, .cancelled): true
        default: self == other
        }
    }
}

/// Why an order was rejected.
package enum RejectionReason: String, CaseIterable, Codable, Sendable, SQLConvertible {
    case insufficientCredit = "INSUFFICIENT_CREDIT"
    case unknownCustomer = "UNKNOWN_CUSTOMER"
    /// The saga does not know why: a participant gave a reply that it does not know, or nobody refused,
    /// and it was rolled back all the same.
    case unknown = "UNKNOWN"
}

/// How the services find out together whether an order is approved.
package enum SagaKind: String, Codable, Sendable, CaseIterable, SQLConvertible {
    /// Each service reacts to the others' events.
    case choreography
    /// An orchestrator in the Order Service tells the others what to do.
    case orchestration
}

internal import Contracts
internal import TramHTTP
internal import TramWorkbench

// Orders, and what they wait for.
extension JSONSchema {
    /// The original's order.
    static let order: JSON = [
        "orderId": id, "orderState": words(OrderState.self),
        "rejectionReason": optional(words(RejectionReason.self)), "customerId": id,
        "orderTotal": reference("Money"), "saga": words(SagaKind.self),
    ]

    static let waitingOrder = object(
        order.adding([
            JSON.Member("waitingFor", array(of: reference("OutstandingDelivery"))),
            JSON.Member("stuck", boolean), retryAt,
        ]), optional: ["retryAt"])
}

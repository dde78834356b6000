internal import Contracts
internal import Presentation
internal import TramWorkbench

// Orders, their sagas, and what both wait for.
extension JSONSchema {
    static let boolean: JSON = ["type": .string("boolean")]

    /// A saga in a path: its order's id, or `TYPE:ID`.
    static let sagaName: JSON = [
        "type": .string("string"), "pattern": .string("^([1-9][0-9]*|[^:]+:.+)$"),
    ]

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

    static let outstandingDelivery = object([
        "message": messageID, "type": text, "subscriber": text,
        "state": ["enum": .strings(["pending", "failed", "held", "parked", "stashed"])],
        "attempts": count, "behind": optional(messageID), "edited": boolean,
    ])

    static let saga = object(
        [
            "orderId": id, "saga": words(SagaKind.self), "sagaType": optionalText,
            "sagaId": optionalText,
            "state": [
                "enum": .strings([
                    "running", "compensating", "completed", "rolled-back", "failed", "stranded",
                    "damaged",
                ])
            ],
            "step": optionalText, "waitingFor": array(of: reference("OutstandingDelivery")),
            "messages": array(of: messageID),
            "steps": array(
                of: object(["name": text, "action": optionalText, "compensation": optionalText])),
            "log": array(
                of: object([
                    "event": text, "step": optionalText, "message": optionalText, "detail": text,
                    // The saga's own data, of any form.
                    "data": .bool(true),
                ])),
            "stuck": boolean, "purged": boolean, "damage": array(of: text),
            "version": optional(count), "abandoned": boolean,
            "retryAt": retryAt.value,
        ], optional: ["retryAt"])

    /// It is there while a step waits to be tried again.
    private static let retryAt = JSON.Member(
        "retryAt", ["type": .string("string"), "format": .string("date-time")])
}

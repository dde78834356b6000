internal import Contracts
internal import Customers
internal import CustomersAndOrders
internal import Presentation
internal import Tram
internal import TramWorkbench

extension JSONSchema {
    /// What goes over HTTP: the schemas that others refer to by name.
    static var components: JSON {
        [
            "Money": money,
            "Customer": object([
                "customerId": id, "name": text, "creditLimit": reference("Money"),
                "reserved": reference("Money"), "available": reference("Money"),
            ]),
            "NewCustomer": object([
                "name": name, "creditLimit": object(["amount": amount(minimum: .number("0"))]),
            ]),
            "Order": waitingOrder,
            "CancelledOrder": object(order),
            "OutstandingDelivery": outstandingDelivery,
            "OrderSaga": saga,
            "NewOrder": object(
                [
                    "customerId": id,
                    "orderTotal": object(["amount": amount(minimum: .number("0.01"))]),
                    "saga": words(SagaKind.self),
                ], optional: ["saga"]),
            "CustomerHistory": object([
                "id": id,
                "orders": [
                    "type": .string("object"),
                    "propertyNames": ["pattern": .string("^[1-9][0-9]*$")],
                    "additionalProperties": object([
                        "state": words(OrderState.self), "orderTotal": reference("Money"),
                    ]),
                ],
                "name": optionalText, "creditLimit": optional(reference("Money")),
            ]),
            "Health": object([
                "status": ["enum": .strings(["UP", "DOWN"])], "details": array(of: text),
                "parked": count,
            ]),
            "Pass": object(
                [
                    "pass": count, "messages": count, "deliveries": array(of: delivery),
                    "duplicates": count, "failed": count, "pending": count,
                    "idle": boolean, "unavailable": array(of: text),
                    "parked": count, "expired": array(of: text),
                ], optional: ["expired"]),
            "RelayStatus": object([
                "outboxes": array(
                    of: object([
                        "service": text, "pending": count, "failed": count,
                        "next": optional(object(["message": text, "type": text])),
                        "parked": count,
                    ])), "pending": count, "idle": boolean,
                "parked": count, "stuck": array(of: object(["orderId": count])),
                "stranded": array(of: object(["orderId": count, "reason": text])),
                "waitingFor": array(of: text),
                "failedSagas": array(of: object(["orderId": count, "step": optionalText])),
                "unavailable": array(of: text),
            ]),
            "DeadLetter": object(deadLetter),
            "WholeDeadLetter": wholeDeadLetter,
            "DeadLetterDecision": array(
                of: object(["message": text, "type": text, "from": text, "to": optionalText])),
            "DecidedSaga": object([
                "orderId": id, "effects": array(of: text), "published": array(of: text),
            ]),
            "Problem": object([
                "type": text, "title": text, "status": count, "detail": text,
                "code": [
                    "enum": .strings(
                        (Problem.Code.common + Problem.Code.ofCustomersAndOrders).map(\.rawValue))
                ],
                "field": optionalText, "value": optionalText, "help": text,
            ]),
        ]
    }

    private static let deadLetter: JSON = [
        "message": text, "type": text, "from": text, "to": optionalText, "attempts": count,
        "error": text, "holds": array(of: text), "edited": boolean,
    ]

    /// A dead letter with all that the message holds.
    private static var wholeDeadLetter: JSON {
        guard case .object(let members) = deadLetter else { return deadLetter }
        let more: [JSON.Member] = [
            JSON.Member(
                "headers", ["type": .string("object"), "additionalProperties": text]),
            JSON.Member("payload", .bool(true)),
            JSON.Member("editedPayload", .bool(true)),
            JSON.Member("others", array(of: reference("DeadLetter"))),
        ]
        return object(.object(members + more))
    }

    private static let delivery = object([
        "message": text, "type": text, "from": text, "to": optionalText,
        "outcome": words(DeliveryOutcome.self),
        "effects": array(of: text), "published": array(of: text),
    ])

    /// An amount as it must be sent: whole cents, written without an exponent.
    private static func amount(minimum: JSON) -> JSON {
        [
            "type": .string("number"), "minimum": minimum, "maximum": .number("999999999999.99"),
            "multipleOf": .number("0.01"),
        ]
    }

    /// Any characters but control characters, and not only white space.
    private static let name: JSON = [
        "type": .string("string"),
        "minLength": .integer(CustomerName.lengths.lowerBound),
        "maxLength": .integer(CustomerName.lengths.upperBound),
        "pattern": .string(
            #"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u001f\u007f-\u009f\s][^\u0000-\u001f\u007f-\u009f]*$"#
        ),
    ]
}

internal import Contracts
internal import Customers
internal import CustomersAndOrders
internal import TramHTTP
internal import TramWorkbench

extension JSONSchema {
    /// What is the example's own: the schemas that others refer to by name.
    static var ofCustomersAndOrders: [JSON.Member] {
        let schemas: JSON = [
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
            "OrderSaga": saga(noun: CustomersAndOrders.sagaWords.noun),
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
        ]
        guard case .object(let members) = schemas else { return [] }
        return members
    }

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

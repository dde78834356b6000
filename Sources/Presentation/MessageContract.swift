internal import Contracts
internal import CustomersAndOrders
internal import Orders
internal import Tram
internal import TramWorkbench

/// What one service promises others about a message.
struct MessageContract {
    let kind: Kind
    let type: String
    let channel: String
    /// The service that sends it.
    let sender: String
    let summary: String
    let payload: JSON

    enum Kind: String {
        case event, command, reply
    }

    /// A unique name: a reply may be of the type of an event.
    var key: String { kind == .reply ? type + ".reply" : type }

    static let details = JSONSchema.object([
        "customerId": JSONSchema.id, "orderTotal": JSONSchema.reference("Money"),
    ])

    static let all =
        [
            event(
                CustomerCreated.self, "A customer is there.",
                ["name": JSONSchema.text, "creditLimit": JSONSchema.reference("Money")]),
            event(CustomerCreditReserved.self, "Credit for an order is reserved.", answer),
            event(CustomerCreditLimitExceeded.self, "The credit for an order is missing.", answer),
            event(CustomerNotFound.self, "The customer of an order does not exist.", answer),
            event(
                OrderCreated.self, "An order is there, and PENDING.",
                ["orderDetails": reference, "saga": JSONSchema.words(SagaKind.self)]),
            event(OrderApproved.self, "An order is APPROVED.", ["orderDetails": reference]),
            event(
                OrderRejected.self, "An order is REJECTED, and why.",
                [
                    "orderDetails": reference,
                    "rejectionReason": JSONSchema.words(RejectionReason.self),
                ]),
            event(OrderCancelled.self, "An order is CANCELLED.", ["orderDetails": reference]),
            MessageContract(
                kind: .command, type: ReserveCredit.commandType,
                channel: CommandChannel.customerService.name, sender: ServiceName.order,
                summary: "Reserve credit for an order.",
                payload: JSONSchema.object([
                    "customerId": JSONSchema.id, "orderId": JSONSchema.id,
                    "orderTotal": JSONSchema.reference("Money"),
                ])),
        ]
        + [
            (CustomerCreditReserved.replyType, "The credit is reserved."),
            (CustomerCreditLimitExceeded.replyType, "The credit is missing."),
            (CustomerNotFound.replyType, "The customer does not exist."),
        ].map { type, summary in
            MessageContract(
                kind: .reply, type: type, channel: CreateOrderSaga.replyChannel,
                sender: ServiceName.customer, summary: summary,
                payload: JSONSchema.object(answer))
        }

    private static let reference = JSONSchema.reference("OrderDetails")
    private static let answer: JSON = ["customerId": JSONSchema.id, "orderId": JSONSchema.id]

    private static func event(
        _ type: (some DomainEvent).Type, _ summary: String, _ properties: JSON
    ) -> MessageContract {
        MessageContract(
            kind: .event, type: type.eventType, channel: type.channel.name,
            sender: type.channel.name == Channel.customer
                ? ServiceName.customer : ServiceName.order,
            summary: summary, payload: JSONSchema.object(properties))
    }
}

extension MessageContract.Kind {
    /// The headers of such a message: all are strings.
    var headers: JSON {
        let common = [
            MessageHeader.id, MessageHeader.partitionID, MessageHeader.destination,
            MessageHeader.date, MessageHeader.correlationID,
        ]
        let own: [String]
        switch self {
        case .event:
            own = [
                MessageHeader.eventType, MessageHeader.eventAggregateType,
                MessageHeader.eventAggregateID,
            ]
        case .command: own = Self.commandHeaders
        case .reply:
            own =
                [
                    MessageHeader.replyType, MessageHeader.replyOutcome,
                    MessageHeader.replyToMessageID,
                ] + Self.commandHeaders.map(MessageHeader.echo)
        }
        return JSONSchema.object(
            .object((common + own + Self.optional).map { JSON.Member($0, JSONSchema.text) }),
            optional: Set(Self.optional))
    }

    /// What only nobody's own message has, and what is there when a client traces.
    private static let optional = [
        MessageHeader.causationID, MessageHeader.traceParent, MessageHeader.traceState,
    ]

    private static let commandHeaders = [
        MessageHeader.commandType, MessageHeader.commandDestination,
        MessageHeader.commandReplyTo, MessageHeader.commandSagaType, MessageHeader.commandSagaID,
        MessageHeader.commandSagaStep,
    ]
}

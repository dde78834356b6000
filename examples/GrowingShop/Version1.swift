import Tram

/// The shop as it was first deployed.
enum Version1 {
    /// Fulfils an order: charges for it, ships it and closes it, or undoes what was done.
    struct FulfilOrder: Saga {
        static let sagaType = "FulfilOrder"

        struct Data: Codable, Sendable {
            let order: Int
            let customer: String
            let cents: Int
        }

        var steps: [Step<Data>] {
            [
                Step("open order")
                    .invokeLocal { try Orders($1).open($0.order, for: $0.customer) }
                    .withCompensation { try Orders($1).set($0.order, to: "cancelled") },
                Step("charge")
                    .invokeParticipant(.payments) { Charge(order: $0.order, cents: $0.cents) }
                    .withCompensation(.payments) { Refund(order: $0.order) },
                Step("ship")
                    .invokeParticipant(.shipping) { Ship(order: $0.order, customer: $0.customer) },
                Step("close order")
                    .invokeLocal { try Orders($1).set($0.order, to: "closed") },
            ]
        }
    }

    struct PaymentTaken: DomainEvent {
        static let eventType = "PaymentTaken"
        static let channel: EventChannel = "Payment"
        let cents: Int
    }

    static let mailer = DomainEventHandlers(
        "mailer",
        [
            .on(PaymentTaken.self) { event, transaction in
                try Orders(transaction)
                    .mail("\(event.cents) cents paid", about: event.numericAggregateID())
            }
        ])

    static let payments = Payments.handlers { order, cents, transaction in
        try transaction.publish(PaymentTaken(cents: cents), about: order)
    }
}

import Tram

/// The shop a year later: a step more in the saga, an event with another name and form, a subscriber
/// with another name, and two new ones.
enum Version2 {
    struct Amount: Codable, Sendable {
        let cents: Int
        let currency: String
    }

    struct FulfilOrder: Saga {
        static let sagaType = "FulfilOrder"
        static let version = 2

        struct Data: Codable, Sendable {
            let order: Int
            let customer: String
            let amount: Amount
        }

        var steps: [Step<Data>] {
            [
                Step("open order")
                    .invokeLocal { try Orders($1).open($0.order, for: $0.customer) }
                    .withCompensation { try Orders($1).set($0.order, to: "cancelled") },
                Step("check fraud")
                    .invokeParticipant(.payments) { CheckFraud(customer: $0.customer) },
                Step("charge")
                    .invokeParticipant(.payments) {
                        Charge(order: $0.order, cents: $0.amount.cents)
                    }
                    .retrying(3, on: GatewayBusy.self, after: .seconds(1), backoff: 2)
                    .withCompensation(.payments) { Refund(order: $0.order) },
                Step("ship")
                    .invokeParticipant(.shipping) { Ship(order: $0.order, customer: $0.customer) },
                Step("close order")
                    .invokeLocal { try Orders($1).set($0.order, to: "closed") },
            ]
        }
    }

    /// Was ``Version1/PaymentTaken``.
    struct Charged: DomainEvent {
        static let eventType = "Charged"
        static let channel: EventChannel = "Payment"
        let amount: Amount

        @Sendable init(former old: Version1.PaymentTaken) {
            amount = Amount(cents: old.cents, currency: "EUR")
        }

        init(_ amount: Amount) {
            self.amount = amount
        }
    }

    /// Was the mailer: it has handled what that has handled.
    static let notifications = DomainEventHandlers(
        "notifications", formerly: ["mailer"],
        [
            .on(Charged.self, formerly: "PaymentTaken", upcasting: Charged.init(former:)) {
                event, transaction in
                let amount = event.amount
                return try Orders(transaction).mail(
                    "\(amount.cents) cents \(amount.currency) paid",
                    about: event.numericAggregateID())
            }
        ])

    /// Keeps the books from the first payment on, though it comes late.
    static let ledger = DomainEventHandlers(
        "ledger", begins: .beginning,
        [
            .on(Charged.self, formerly: "PaymentTaken", upcasting: Charged.init(former:)) {
                event, transaction in
                let order = try event.numericAggregateID()
                try Orders(transaction).book(event.amount.cents, for: order)
                return .handled("booked \(event.amount.cents) for order \(order)")
            }
        ])

    /// Looks only at what comes from now on.
    static let statistics = DomainEventHandlers(
        "statistics", begins: .now,
        [.on(Charged.self) { _, _ in .handled("counted one more") }])

    static let payments = Payments.handlers(
        and: [
            .on(CheckFraud.self) { command, _ in .success(Done(), "\(command.customer) is honest") }
        ]
    ) { order, cents, transaction in
        try transaction.publish(Charged(Amount(cents: cents, currency: "EUR")), about: order)
    }
}

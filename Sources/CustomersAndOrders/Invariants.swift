internal import Contracts
internal import Customers
internal import Orders
package import Tram

/// A rule that the stores must obey together, and where they do not.
package struct InvariantCheck: Hashable, Sendable {
    /// The rule in words.
    package let rule: String
    /// One sentence each; empty when the rule holds.
    package let violations: [String]
}

extension SystemSnapshot {
    /// Whether nothing is pending: then the services agree about everything.
    package var isAtRest: Bool { messages.allSatisfy(\.isPublished) }

    /// Every rule that must hold now: some always, the others at rest.
    package func checks(_ subscribers: [any Subscriber]) -> [InvariantCheck] {
        let always = [
            InvariantCheck(
                rule: "reserved credit is the sum of its reservations and within the limit",
                violations: brokenCredit()),
            InvariantCheck(
                rule: "every reservation is for a living order of that customer and amount",
                violations: strayReservations()),
            InvariantCheck(
                rule: "every order has gone one way only, and its events tell it",
                violations: brokenLives()),
            InvariantCheck(
                rule: "a message is published when every subscriber has handled it, not before",
                violations: unhandledPublished(subscribers)),
            InvariantCheck(
                rule: "every handled message was sent", violations: unknownHandled()),
        ]
        guard isAtRest else { return always }
        return always + [
            InvariantCheck(
                rule: "at rest, every order is decided",
                violations: orders.filter { $0.state == .pending }.map {
                    "order \($0.id) is PENDING, and nothing is on its way"
                }),
            InvariantCheck(
                rule: "at rest, an order is APPROVED exactly when its credit is reserved",
                violations: unpaidOrders()),
            InvariantCheck(
                rule: "at rest, every saga has ended and holds no lock",
                violations: sagas.filter { !$0.hasEnded }.map {
                    "\($0.reference) waits, and nothing is on its way"
                } + locks.map { "a lock or a stashed command is left: \($0.columns)" }),
            InvariantCheck(
                rule: "at rest, the order history equals the services' own rows",
                violations: viewDifferences()),
        ]
    }

    private func brokenCredit() -> [String] {
        let sums = Dictionary(grouping: reservations, by: \.customerID)
            .mapValues { Money.checkedSum($0.map(\.amount)) }
        return customers.compactMap { customer in
            guard let sum = sums[customer.id, default: .zero] else {
                return "customer \(customer.id): the sum of the reservations is no amount"
            }
            if sum != customer.reserved {
                return
                    "customer \(customer.id): \(customer.reserved) reserved, reservations of \(sum)"
            }
            return customer.reserved <= customer.creditLimit
                ? nil
                : "customer \(customer.id): \(customer.reserved) reserved of \(customer.creditLimit)"
        }
    }

    private func strayReservations() -> [String] {
        let cancelling = ordersWithPendingCancellation()
        let orders = Dictionary(uniqueKeysWithValues: self.orders.map { ($0.id, $0) })
        return reservations.compactMap { reservation in
            let name = "the reservation for order \(reservation.orderID)"
            guard let order = orders[reservation.orderID] else { return "\(name): no such order" }
            guard order.customerID == reservation.customerID, order.total == reservation.amount
            else { return "\(name): another customer or amount than the order's" }
            switch order.state {
            case .pending, .approved: return nil
            case .rejected: return "\(name): the order is REJECTED"
            case .cancelled:
                return cancelling.contains("\(order.id)")
                    ? nil : "\(name): the order is CANCELLED, and the customer knows"
            }
        }
    }

    private func ordersWithPendingCancellation() -> Set<String> {
        let handled = self.handled[CustomerEventConsumer.subscriberID] ?? []
        return Set(
            messages.filter {
                $0.type == OrderCancelled.eventType && !handled.contains($0.id.description)
            }.map(\.partitionID))
    }

    /// The events that an order in a state has published, in their order.
    private static let lives: [OrderState: [String]] = [
        .pending: [OrderCreated.eventType],
        .approved: [OrderCreated.eventType, OrderApproved.eventType],
        .rejected: [OrderCreated.eventType, OrderRejected.eventType],
        .cancelled: [OrderCreated.eventType, OrderApproved.eventType, OrderCancelled.eventType],
    ]

    private func brokenLives() -> [String] {
        let events = Dictionary(
            grouping: messages.filter { $0.channel == Channel.order }, by: \.partitionID
        ).mapValues { $0.map(\.type) }
        let isPurged = purged[ServiceName.order, default: 0] > 0
        return orders.compactMap { order in
            let told = events["\(order.id)"] ?? []
            let life = Self.lives[order.state] ?? []
            // A purge takes the oldest events first.
            let isTold = isPurged ? life.suffix(told.count) == told[...] : life == told
            return isTold
                ? nil : "order \(order.id) is \(order.state.rawValue), its events: \(told)"
        }
    }

    private func unhandledPublished(_ subscribers: [any Subscriber]) -> [String] {
        messages.flatMap { message -> [String] in
            let interested = subscribers.filter {
                $0.accepts(type: message.type, from: message.channel)
            }
            guard message.isPublished else { return [] }
            return interested.filter {
                !(handled[$0.id]?.contains(message.id.description) ?? false)
            }.map { "\(message.id) is published, and \($0.id) has not handled it" }
        }
    }

    private func unknownHandled() -> [String] {
        let highest = Dictionary(grouping: messages, by: \.id.service).mapValues {
            $0.map(\.id.number).max() ?? 0
        }
        return handled.sorted { $0.key < $1.key }.flatMap { subscriber, ids in
            ids.sorted().filter { text in
                guard let id = MessageID(text), ServiceName.all.contains(id.service) else {
                    return true
                }
                return id.number
                    > max(highest[id.service, default: 0], purged[id.service, default: 0])
            }.map { "\(subscriber) has handled \($0), which was never sent" }
        }
    }

    private func unpaidOrders() -> [String] {
        let reserved = Set(reservations.map(\.orderID))
        return orders.compactMap { order in
            switch (order.state == .approved, reserved.contains(order.id)) {
            case (true, false): "order \(order.id) is APPROVED without credit"
            case (false, true): "order \(order.id) is \(order.state.rawValue) and has credit"
            default: nil
            }
        }
    }

    private func viewDifferences() -> [String] {
        let known = Set(customers.map(\.id))
        let expectedCustomers =
            customers.map {
                ViewedCustomerRow(id: $0.id, name: $0.name, creditLimit: $0.creditLimit)
            }
            + Set(orders.map(\.customerID)).subtracting(known).map {
                ViewedCustomerRow(id: $0, name: nil, creditLimit: nil)
            }
        let expectedOrders = orders.map {
            ViewedOrderRow(
                id: $0.id, customerID: $0.customerID, state: $0.state, total: $0.total)
        }
        let strangeCustomers = Set(expectedCustomers).symmetricDifference(viewedCustomers).map(\.id)
        let strangeOrders = Set(expectedOrders).symmetricDifference(viewedOrders).map(\.id)
        return Set(strangeCustomers).sorted().map { "customer \($0) differs in the view" }
            + Set(strangeOrders).sorted().map { "order \($0) differs in the view" }
    }
}

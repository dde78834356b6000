internal import Contracts
internal import Customers
internal import Orders
package import Tram

extension SystemSnapshot {
    /// Whether nothing is pending: then the services agree about everything.
    package var isAtRest: Bool { messages.allSatisfy(\.isPublished) }

    /// The rules that must hold at rest.
    static let rulesAtRest = [
        "at rest, every order is decided",
        "at rest, an order is APPROVED exactly when its credit is reserved",
        "at rest, every saga has ended and holds no lock",
        "at rest, the order history equals the services' own rows",
    ]

    /// Every rule that must hold now: some always, the others at rest.
    package func checks(_ subscribers: [any Subscriber]) -> [InvariantCheck] {
        checks(subscribers, Losses())
    }

    /// The same, where something is known to be lost, is still to be brought to a subscriber, or is not
    /// for it.
    func checks(
        _ subscribers: [any Subscriber], _ losses: Losses,
        _ missed: MissedMessages = MissedMessages()
    ) -> [InvariantCheck] {
        let always = [
            InvariantCheck(
                rule: "reserved credit is the sum of its reservations and within the limit",
                violations: brokenCredit()),
            InvariantCheck(
                rule: "every reservation is for a living order of that customer and amount",
                findings: strayReservations(losses)),
            InvariantCheck(
                rule: "every order has gone one way only, and its events tell it",
                violations: brokenLives()),
            InvariantCheck(
                rule: "a message is published when every subscriber has handled it, not before",
                findings: unhandledPublished(subscribers, losses, missed)),
            InvariantCheck(
                rule: "every handled message was sent", findings: unknownHandled(losses)),
        ]
        guard isAtRest else { return always }
        return always
            + zip(
                Self.rulesAtRest,
                [
                    undecidedOrders(losses), unpaidOrders(losses), livingSagas(losses),
                    viewDifferences(losses),
                ]
            ).map(InvariantCheck.init)
    }

    private func undecidedOrders(_ losses: Losses) -> [Finding] {
        orders.filter { $0.state == .pending }.map {
            Finding(
                "order \($0.id) is PENDING, and nothing is on its way",
                isConsequence: losses.explain(.undecided, ofOrder: $0.id))
        }
    }

    private func livingSagas(_ losses: Losses) -> [Finding] {
        sagas.filter { !$0.hasEnded }.map { saga in
            let order = orders.first { $0.sagaID == saga.id }
            let isConsequence = order.map { losses.explain(.sagaWaits, ofOrder: $0.id) }
            return Finding(
                "\(saga.reference) waits, and nothing is on its way",
                isConsequence: isConsequence ?? false)
        }
            + locks.map {
                Finding(
                    "a lock or a stashed command is left: \($0.row.columns)",
                    isConsequence: Int($0.sagaID).map {
                        losses.isLost($0, of: "saga_instance", in: ServiceName.order)
                    } ?? false
                        || losses.order(ofSaga: $0.sagaID).map {
                            losses.explain(.lockLeft, ofOrder: $0)
                        } ?? false)
            }
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

    private func strayReservations(_ losses: Losses) -> [Finding] {
        let cancelling = ordersWithPendingCancellation()
        let orders = Dictionary(uniqueKeysWithValues: self.orders.map { ($0.id, $0) })
        return reservations.compactMap { reservation in
            let name = "the reservation for order \(reservation.orderID)"
            guard let order = orders[reservation.orderID] else {
                return Finding(
                    "\(name): no such order",
                    isConsequence: losses.isLost(
                        reservation.orderID, of: "orders", in: ServiceName.order))
            }
            func finding(_ fault: OrderFault, _ text: String) -> Finding {
                Finding(
                    "\(name): \(text)",
                    isConsequence: losses.explain(fault, ofOrder: order.id))
            }
            guard order.customerID == reservation.customerID, order.total == reservation.amount
            else { return finding(.paidOtherwise, "another customer or amount than the order's") }
            switch order.state {
            case .pending, .approved: return nil
            case .rejected: return finding(.paidForNothing, "the order is REJECTED")
            case .cancelled:
                return cancelling.contains("\(order.id)")
                    ? nil
                    : finding(.paidForNothing, "the order is CANCELLED, and the customer knows")
            }
        }
    }

    private func ordersWithPendingCancellation() -> Set<String> {
        Set(
            messages.filter {
                $0.type == OrderCancelled.eventType
                    && !hasHandled($0.id, CustomerEventConsumer.subscriberID)
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
            // A purge takes what nobody needs; what is left is in its order.
            let isTold = isPurged ? told.isPart(of: life) : life == told
            return isTold
                ? nil : "order \(order.id) is \(order.state.rawValue), its events: \(told)"
        }
    }

    private func unhandledPublished(
        _ subscribers: [any Subscriber], _ losses: Losses, _ missed: MissedMessages
    ) -> [Finding] {
        messages.filter(\.isPublished).flatMap { message in
            subscribers.filter { subscriber in
                subscriber.accepts(type: message.type, from: message.channel)
                    // What a former id has handled follows with the next relay.
                    && !([subscriber.id] + subscriber.formerIDs).contains {
                        hasHandled(message.id, $0)
                    }
                    && !missed.include(message.id, for: subscriber.id)
                    && !missed.precede(message.id, for: subscriber.id)
            }.map {
                Finding(
                    "\(message.id) is published, and \($0.id) has not handled it",
                    isConsequence: losses.concern(message.id, to: $0.id))
            }
        }
    }

    private func unknownHandled(_ losses: Losses) -> [Finding] {
        let highest = Dictionary(grouping: messages, by: \.id.service).mapValues {
            $0.map(\.id.number).max() ?? 0
        }
        return handled.sorted { $0.key < $1.key }.flatMap { subscriber, ids in
            ids.sorted().compactMap { text in
                let name = "\(subscriber) has handled \(text), which was never sent"
                guard let id = MessageID(text), ServiceName.all.contains(id.service) else {
                    return Finding(name)
                }
                if losses.isLost(id.number, of: "message", in: id.service) {
                    return messages.contains { $0.id == id }
                        ? nil
                        : Finding(
                            "\(subscriber) has handled \(text), which is lost",
                            isConsequence: true)
                }
                let last = max(highest[id.service, default: 0], purged[id.service, default: 0])
                return id.number > last ? Finding(name) : nil
            }
        }
    }

    private func unpaidOrders(_ losses: Losses) -> [Finding] {
        let reserved = Set(reservations.map(\.orderID))
        return orders.compactMap { order in
            func finding(_ fault: OrderFault, _ text: String) -> Finding {
                Finding(
                    "order \(order.id) is \(text)",
                    isConsequence: losses.explain(fault, ofOrder: order.id))
            }
            return switch (order.state == .approved, reserved.contains(order.id)) {
            case (true, false): finding(.unpaid, "APPROVED without credit")
            case (false, true): finding(.paidForNothing, "\(order.state.rawValue) and has credit")
            default: nil
            }
        }
    }

    private func viewDifferences(_ losses: Losses) -> [Finding] {
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
        return Set(strangeCustomers).sorted().map { id in
            let isLost =
                losses.isLost(id, of: "customer", in: ServiceName.customer)
                || losses.concern(
                    customer: id, between: ServiceName.customer, ServiceName.history)
                || losses.isBeforeView(customer: id)
                // The view has a customer as soon as it has one of the customer's orders.
                || viewedOrders.contains {
                    $0.customerID == id
                        && (losses.isLost($0.id, of: "orders", in: ServiceName.order)
                            || losses.isReused(order: $0.id)
                            || losses.concern(
                                order: $0.id, between: ServiceName.order, ServiceName.history))
                }
                || orders.contains {
                    $0.customerID == id
                        && (losses.isBeforeView(order: $0.id) || losses.isReused(order: $0.id)
                            || losses.concern(
                                order: $0.id, between: ServiceName.order, ServiceName.history))
                }
            return Finding("customer \(id) differs in the view", isConsequence: isLost)
        }
            + Set(strangeOrders).sorted().map { id in
                let isLost =
                    losses.isLost(id, of: "orders", in: ServiceName.order)
                    || losses.concern(order: id, between: ServiceName.order, ServiceName.history)
                    || losses.isBeforeView(order: id)
                return Finding("order \(id) differs in the view", isConsequence: isLost)
            }
    }
}

extension [String] {
    /// Whether the other one has all of these elements, in this order.
    fileprivate func isPart(of other: [String]) -> Bool {
        var rest = self[...]
        for element in other where element == rest.first { rest.removeFirst() }
        return rest.isEmpty
    }
}

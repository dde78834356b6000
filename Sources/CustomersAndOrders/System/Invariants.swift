internal import Contracts
internal import Customers
internal import Orders
internal import Tram
internal import TramWorkbench

// Where the rows of the three services do not say together what they must.

extension SystemSnapshot {
    func undecidedOrders(_ losses: OrderLosses) -> [Finding] {
        orders.filter { $0.state == .pending }.map {
            Finding(
                "order \($0.id) is PENDING, and nothing is on its way",
                isConsequence: losses.explain(.undecided, ofOrder: $0.id))
        }
    }

    func brokenCredit() -> [Finding] {
        let sums = Dictionary(grouping: reservations, by: \.customerID)
            .mapValues { Money.checkedSum($0.map(\.amount)) }
        return customers.compactMap { customer in
            guard let sum = sums[customer.id, default: .zero] else {
                return Finding(
                    "customer \(customer.id): the sum of the reservations is no amount")
            }
            if sum != customer.reserved {
                return Finding(
                    "customer \(customer.id): \(customer.reserved) reserved, reservations of \(sum)"
                )
            }
            return customer.reserved <= customer.creditLimit
                ? nil
                : Finding(
                    "customer \(customer.id): \(customer.reserved) reserved of "
                        + "\(customer.creditLimit)")
        }
    }

    func strayReservations(_ losses: OrderLosses) -> [Finding] {
        let cancelling = ordersWithPendingCancellation()
        let orders = Dictionary(uniqueKeysWithValues: self.orders.map { ($0.id, $0) })
        return reservations.compactMap { reservation in
            let name = "the reservation for order \(reservation.orderID)"
            guard let order = orders[reservation.orderID] else {
                return Finding(
                    "\(name): no such order",
                    isConsequence: losses.known.isLost(
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
            messages.messages.filter {
                $0.type == OrderCancelled.eventType
                    && !messages.hasHandled($0.id, CustomerEventConsumer.subscriberID)
            }.map(\.partitionID))
    }

    /// The events that an order in a state has published, in their order.
    private static let lives: [OrderState: [String]] = [
        .pending: [OrderCreated.eventType],
        .approved: [OrderCreated.eventType, OrderApproved.eventType],
        .rejected: [OrderCreated.eventType, OrderRejected.eventType],
        .cancelled: [OrderCreated.eventType, OrderApproved.eventType, OrderCancelled.eventType],
    ]

    func brokenLives() -> [Finding] {
        let events = Dictionary(
            grouping: messages.messages.filter { $0.channel == Channel.order }, by: \.partitionID
        ).mapValues { $0.map(\.type) }
        let isPurged = messages.purged[ServiceName.order, default: 0] > 0
        return orders.compactMap { order in
            let told = events["\(order.id)"] ?? []
            let life = Self.lives[order.state] ?? []
            // A purge takes what nobody needs; what is left is in its order.
            let isTold = isPurged ? told.isPart(of: life) : life == told
            return isTold
                ? nil
                : Finding("order \(order.id) is \(order.state.rawValue), its events: \(told)")
        }
    }

    func unpaidOrders(_ losses: OrderLosses) -> [Finding] {
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

    func viewDifferences(_ losses: OrderLosses) -> [Finding] {
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
                losses.known.isLost(id, of: "customer", in: ServiceName.customer)
                || losses.concern(
                    customer: id, between: ServiceName.customer, ServiceName.history)
                || losses.isBeforeView(customer: id)
                // The view has a customer as soon as it has one of the customer's orders.
                || viewedOrders.contains {
                    $0.customerID == id
                        && (losses.known.isLost($0.id, of: "orders", in: ServiceName.order)
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
                    losses.known.isLost(id, of: "orders", in: ServiceName.order)
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

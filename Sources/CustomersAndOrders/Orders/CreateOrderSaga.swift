internal import Contracts
package import Tram

/// The orchestrated Create Order saga: create an order, reserve credit for it, approve it.
package struct CreateOrderSaga: Saga {
    package static let sagaType = "CreateOrderSaga"

    package struct Data: Codable, Sendable {
        let orderDetails: OrderDetails
        /// 0 until the first step has created the order.
        var orderId = 0
        /// nil: nobody has refused, or by a reply that no step knows.
        var rejectionReason: RejectionReason?
    }

    package var steps: [Step<Data>] {
        [
            Step("create order").invokeLocal(create).withCompensation(reject),
            Step("reserve credit")
                .invokeParticipant(.customerService, reserveCredit)
                .onReply(CustomerNotFound.self) { data, _ in
                    data.rejectionReason = .unknownCustomer
                }
                .onReply(CustomerCreditLimitExceeded.self) { data, _ in
                    data.rejectionReason = .insufficientCredit
                },
            Step("approve order").invokeLocal(approve),
        ]
    }

    private func create(_ data: inout Data, _ transaction: any Transaction) throws {
        let order = try OrderRepository(transaction).insert(
            customerID: data.orderDetails.customerId, total: data.orderDetails.orderTotal,
            saga: .orchestration)
        data.orderId = order.id
        try transaction.publish(
            OrderCreated(orderDetails: order.details, saga: .orchestration), about: order.id)
    }

    private func reserveCredit(_ data: Data) -> ReserveCredit {
        ReserveCredit(
            customerId: data.orderDetails.customerId, orderId: data.orderId,
            orderTotal: data.orderDetails.orderTotal)
    }

    private func approve(_ data: inout Data, _ transaction: any Transaction) throws {
        _ = try OrderDecision.approve(data.orderId, in: transaction)
    }

    private func reject(_ data: inout Data, _ transaction: any Transaction) throws {
        let reason = data.rejectionReason ?? .unknown
        _ = try OrderDecision.reject(data.orderId, reason, in: transaction)
    }
}

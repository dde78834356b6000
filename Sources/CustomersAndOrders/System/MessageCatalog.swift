internal import Contracts
internal import Orders
internal import Tram
package import TramWorkbench

extension CustomersAndOrders {
    /// What the three services tell one another.
    package static let messages = MessageCatalog(
        title: "Customers and Orders",
        summary: "What three services tell one another through their outboxes: the events of a "
            + "choreography, and the commands and replies of an orchestrated saga.",
        [
            .event(CustomerCreated.self, from: ServiceName.customer, "A customer is there."),
            .event(
                CustomerCreditReserved.self, from: ServiceName.customer,
                "Credit for an order is reserved."),
            .event(
                CustomerCreditLimitExceeded.self, from: ServiceName.customer,
                "The credit for an order is missing."),
            .event(
                CustomerNotFound.self, from: ServiceName.customer,
                "The customer of an order does not exist."),
            .event(
                OrderCreated.self, from: ServiceName.order, "An order is there, and PENDING."),
            .event(OrderApproved.self, from: ServiceName.order, "An order is APPROVED."),
            .event(
                OrderRejected.self, from: ServiceName.order, "An order is REJECTED, and why."),
            .event(OrderCancelled.self, from: ServiceName.order, "An order is CANCELLED."),
            .command(
                ReserveCredit.self, on: .customerService, from: ServiceName.order,
                "Reserve credit for an order."),
            .reply(
                CustomerCreditReserved.self, on: CreateOrderSaga.replyChannel,
                from: ServiceName.customer, "The credit is reserved."),
            .reply(
                CustomerCreditLimitExceeded.self, on: CreateOrderSaga.replyChannel,
                from: ServiceName.customer, "The credit is missing."),
            .reply(
                CustomerNotFound.self, on: CreateOrderSaga.replyChannel,
                from: ServiceName.customer, "The customer does not exist."),
        ], components: [Money.self, OrderDetails.self])
}

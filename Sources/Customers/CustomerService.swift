package import Contracts
package import Tram

/// The Customer Service: it knows customers and decides about their credit.
package struct CustomerService {
    private let store: any Store

    package init(_ store: any Store) {
        self.store = store
    }

    /// What the service listens to: orders' events, and the commands of their orchestrators.
    package var subscriber: CombinedSubscriber {
        CombinedSubscriber(
            CustomerEventConsumer.subscriberID,
            [CustomerEventConsumer.handlers, CustomerCommandHandler.handlers])
    }

    /// Creates a customer and publishes ``CustomerCreated``, in one transaction.
    package func createCustomer(
        name: CustomerName, creditLimit: Money
    ) throws -> (customer: Customer, published: MessageHeading) {
        try store.write { transaction in
            let customer = try CustomerRepository(transaction)
                .insert(name: name, creditLimit: creditLimit)
            let event = CustomerCreated(name: name.description, creditLimit: creditLimit)
            let id = try transaction.publish(event, about: customer.id)
            return (customer, MessageHeading(id: id, type: CustomerCreated.eventType))
        }
    }

    /// A customer, or nil when there is none with that id.
    package func customer(_ id: Int) throws -> Customer? {
        try store.read { try CustomerRepository($0).find(id) }
    }

    /// The next customers by id, at most `limit` of them.
    package func customers(after id: Int, limit: Int) throws -> [Customer] {
        try store.read { try CustomerRepository($0).page(after: id, limit: limit) }
    }
}

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
    ///
    /// - Parameter key: when a customer was created under this key before, that one is returned, as it
    ///   was then.
    /// - Throws: `IdempotencyKeyReused`.
    package func createCustomer(
        name: CustomerName, creditLimit: Money, key: IdempotencyKey? = nil
    ) throws -> (customer: Customer, published: MessageHeading) {
        let request = CustomerRequest.createCustomer(name: name, creditLimit: creditLimit)
        let answer = try store.write { transaction in
            try IdempotencyKeys(transaction).answer(key, to: request) {
                let customer = try CustomerRepository(transaction)
                    .insert(name: name, creditLimit: creditLimit)
                let event = CustomerCreated(name: name.description, creditLimit: creditLimit)
                let id = try transaction.publish(event, about: customer.id)
                return CustomerAnswer(
                    customer: customer,
                    published: MessageHeading(id: id, type: CustomerCreated.eventType))
            }
        }
        return (answer.customer, answer.published)
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

/// What a client asks of the Customer Service, as an idempotency key remembers it.
private enum CustomerRequest: Encodable {
    case createCustomer(name: CustomerName, creditLimit: Money)
}

/// What the Customer Service answers, as an idempotency key remembers it: the customer as it was then,
/// and the message that was sent.
private struct CustomerAnswer: Codable {
    let customer: Customer
    let published: MessageHeading
}

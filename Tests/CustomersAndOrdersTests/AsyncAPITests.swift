import Contracts
import Customers
import CustomersAndOrders
import Orders
import TestSupport
import Testing
import Tram
import TramSQLite

@testable import TramWorkbench

@Suite struct AsyncAPITests {
    @Test func `every message that is sent is described, with its headers and keys`() throws {
        let system = try CustomersAndOrders(inMemoryWithClock: fixedClock)
        let name = try #require(CustomerName("Jane Doe"))
        _ = try system.customers.createCustomer(name: name, creditLimit: Money(cents: 500))
        for saga in SagaKind.allCases {
            for (customer, cents) in [(1, 100), (1, 9999), (99, 100)] {
                _ = try system.orders.createOrder(
                    customerID: customer, total: Money(cents: cents), saga: saga)
            }
        }
        let run = system.relay.run()
        while try !run.pass().isIdle {}
        _ = try system.orders.cancelOrder(1)
        while try !run.pass().isIdle {}

        let probe = SchemaProbe(components: CustomersAndOrders.messages.components)
        var described: Set<String> = []
        for store in system.stores.all {
            for entry in try store.read({ try Outbox($0).messages(after: 0, limit: 100) }) {
                let message = entry.message
                let contract = try #require(
                    CustomersAndOrders.messages.contracts.first {
                        $0.type == message.type && $0.channel == message.destination
                    }, "\(message)")
                #expect(contract.senders == [message.id.service])
                let headers = keys(contract.kind.headers())
                #expect(headers.isSuperset(of: message.headers.keys), "\(contract.key)")
                #expect(
                    headers.subtracting(message.headers.keys)
                        .isSubset(of: ["causation-id", "traceparent", "tracestate"]))
                let schema = try probe.schema(of: contract.payload)
                #expect(keys(schema) == members(JSON.text(message.payload)))
                described.insert(contract.key)
            }
        }
        // Nothing is described that is never sent.
        #expect(described == Set(CustomersAndOrders.messages.contracts.map(\.key)))
    }

    @Test func `every message has a receiver`() throws {
        let system = try CustomersAndOrders(inMemoryWithClock: fixedClock)
        let subscribers = system.relay.services.flatMap(\.subscribers)
        for contract in CustomersAndOrders.messages.contracts {
            #expect(
                subscribers.contains { $0.accepts(type: contract.type, from: contract.channel) },
                "\(contract.key)")
        }
    }

    /// The keys that a schema of an object has.
    private func keys(_ schema: JSON) -> Set<String> {
        guard case .object(let members) = schema,
            let properties = members.first(where: { $0.key == "properties" })?.value
        else { return [] }
        return self.members(properties)
    }

    private func members(_ json: JSON) -> Set<String> {
        guard case .object(let members) = json else { return [] }
        return Set(members.map(\.key))
    }
}

internal import Contracts
internal import OrderHistory
internal import Orders
package import Tram
internal import TramSQLite
internal import TramWorkbench

extension CustomersAndOrders {
    /// - Throws: `StoreError.ofOtherSystem` when the view was made for another system.
    package func refuseViewOfOtherSystem(_ availability: Availability) throws {
        let own = try historyStore.read { try Identities($0).own() }.system
        for store in [customerStore, orderStore] {
            let other =
                try availability.attempt(store) {
                    try $0.read { try Identities($0).own() }.system
                } ?? nil
            guard let own, let other, own != other else { continue }
            throw StoreError.ofOtherSystem(
                service: ServiceName.history, detail: "it was made for another system")
        }
    }

    /// How many events the view has not heard of, by the customer whom they are about: those that are
    /// pending, and those that were delivered to a view of which an older copy was put back. Customers
    /// without any are left out.
    package func eventsBehindView(
        _ availability: Availability = Availability()
    ) throws -> [Int: Int] {
        let view = OrderHistoryService.handlers
        let seen = try historyStore.read { try Positions($0).sources() }
        var behind: [Int: Int] = [:]
        for source in relay.services {
            let position = seen.first { $0.source == source.name }?.through ?? 0
            try workbench.forEachPage(of: source, unseenAfter: position, availability) { messages in
                let missed = try historyStore.read { transaction in
                    try messages.filter {
                        try view.accepts(type: $0.type, from: $0.destination)
                            && !Inbox(transaction).contains($0.id, for: view.id)
                    }
                }
                let settled = try availability.attempt(source.store) { store in
                    try store.read { transaction in
                        let outbox = Outbox(transaction)
                        return try missed.map(\.id).filter { id in
                            let key = DeliveryNotes.Key(message: id.number, subscriber: view.id)
                            return try outbox.discarded(of: id).contains(view.id)
                                || !outbox.notes(id.number...id.number).isFor(key)
                        }
                    }
                }
                for message in missed where !(settled ?? []).contains(message.id) {
                    guard let customer = try customerID(of: message, availability) else { continue }
                    behind[customer, default: 0] += 1
                }
            }
        }
        return behind
    }

    /// The customer whom a message is about; nil when that cannot be told. An order's message need
    /// not be readable for it.
    private func customerID(
        of message: Message, _ availability: Availability
    ) throws -> Int? {
        guard let id = Int(message.partitionID) else { return nil }
        if message.destination == Channel.customer { return id }
        return try availability.attempt(orderStore) { _ in try orders.findOrder(id)?.customerID }
            ?? nil
    }
}

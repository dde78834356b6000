internal import OrderHistory
package import Tram
internal import TramSQLite
internal import TramWorkbench

/// Why the order history will never have handled a message.
package enum ViewProgressError: Error, Hashable, Sendable {
    /// It was never sent; or it was purged or lost, and the order history has not handled it.
    case messageNotFound(MessageID)
    /// The order history does not receive messages of this kind.
    case notReceived(MessageHeading)
    /// An operator has decided that the order history does not get it.
    case discarded(MessageHeading)
}

extension CustomersAndOrders {
    /// Whether the order history has handled a message, and so shows what it tells.
    package func viewHasHandled(_ message: MessageID) throws -> Bool {
        try historyStore.read {
            try Inbox($0).contains(message, for: OrderHistoryService.handlers.id)
        }
    }

    /// Checks that a message was sent and that the order history receives it, or has handled it already.
    ///
    /// - Throws: ``ViewProgressError``; a `StoreError` when the sender's store cannot be read.
    package func requireMessageForView(_ id: MessageID) throws {
        let source = relay.services.first { $0.name == id.service }
        guard let message = try source?.store.read({ try Outbox($0).message(id.number) })?.message
        else {
            // It may have been delivered and purged meanwhile.
            if try viewHasHandled(id) { return }
            throw ViewProgressError.messageNotFound(id)
        }
        guard
            OrderHistoryService.handlers.accepts(type: message.type, from: message.destination)
        else { throw ViewProgressError.notReceived(message.heading) }
        let discarded = try source?.store.read { try Outbox($0).discarded(of: id) } ?? []
        if discarded.contains(OrderHistoryService.handlers.id) {
            throw ViewProgressError.discarded(message.heading)
        }
    }
}

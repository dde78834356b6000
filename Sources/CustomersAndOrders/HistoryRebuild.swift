internal import OrderHistory
package import Tram
internal import TramSQLite

/// Why the view was not rebuilt. It is as it was.
package enum HistoryRebuildError: Error {
    /// Messages of this service have been purged, so its outbox no longer tells the whole past.
    case incomplete(service: String)
    case failed(message: MessageID, error: any Error)
}

extension CustomersAndOrders {
    /// Builds the view again from the services' outboxes: from the events that it had heard of, in
    /// one transaction. What is pending stays so, and the relay brings it.
    ///
    /// - Returns: how many events went into the view.
    package func rebuildHistory() throws -> Int {
        try withoutRelay {
            let sources = [service(ServiceName.customer), service(ServiceName.order)]
            for source in sources {
                guard try source.store.read({ try Outbox($0).isComplete() }) else {
                    throw HistoryRebuildError.incomplete(service: source.name)
                }
            }
            return try historyStore.write { transaction in
                try OrderHistoryService.clear(in: transaction)
                return try sources.reduce(0) { count, source in
                    try count + replay(source, in: transaction)
                }
            }
        }
    }

    private func replay(_ source: Service, in transaction: any Transaction) throws -> Int {
        let view = OrderHistoryService.handlers
        let inbox = Inbox(transaction)
        var replayed = 0
        var after = 0
        while true {
            let page = try source.store.read {
                try Outbox($0).messages(after: after, limit: pageSize)
            }
            guard let last = page.last else { return replayed }
            for entry in page {
                let message = entry.message
                guard view.accepts(type: message.type, from: message.destination),
                    try entry.isPublished || inbox.contains(message.id, for: view.id)
                else { continue }
                do {
                    _ = try inbox.record(message.id, for: view.id)
                    _ = try view.handle(message, in: transaction)
                } catch let error as StoreError where error.isFailureOfStore {
                    throw error
                } catch {
                    throw HistoryRebuildError.failed(message: message.id, error: error)
                }
                replayed += 1
            }
            after = last.message.id.number
        }
    }
}

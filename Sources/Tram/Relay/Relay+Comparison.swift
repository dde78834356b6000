extension Relay {
    /// What does not fit together in what stores know of one another, on views of them.
    package func mismatches(in views: [any Transaction]) throws -> [StoreError] {
        try StoreComparison(stores: views.map(StoreFacts.init)).mismatches { message in
            guard let view = views.first(where: { $0.storeName == message.service }) else {
                return nil
            }
            return try Outbox(view).stamp(of: message.number)
        }
    }
}

/// What operators' tools show of an outbox.
extension Outbox {
    /// The deliveries that have failed and will be tried again, by message and subscriber, at most
    /// `limit`. Parked ones are not among them: see ``deadLetters(of:)``.
    package func failedDeliveries(limit: Int) throws -> [FailedDelivery] {
        try transaction.rows(
            """
            SELECT message_id, type, consumer_id, attempts, error
            FROM delivery_failure JOIN message ON message.id = message_id
            WHERE published = 0
            ORDER BY message_id, consumer_id LIMIT \(limit)
            """
        ).map {
            let (number, type, subscriber, attempts, error): (Int, String, String, Int, String) =
                try $0.values()
            return FailedDelivery(
                message: MessageHeading(id: messageID(number), type: type),
                subscriber: subscriber.isEmpty ? nil : subscriber,
                failure: DeliveryFailure(attempts: attempts, error: error))
        }
    }

    /// How many messages have a failed delivery that will be tried again.
    package func failedCount() throws -> Int {
        try transaction.rows(
            """
            SELECT count(DISTINCT message_id) FROM delivery_failure
                JOIN message ON message.id = message_id WHERE published = 0
            """)[0].values()
    }

    /// How many messages have been purged so far.
    package func purgedCount() throws -> Int {
        try transaction.rows("SELECT coalesce(sum(messages), 0) FROM message_purge")[0].values()
    }

    /// The highest number that has been purged so far, or 0.
    package func purgedThrough() throws -> Int {
        try transaction.rows("SELECT coalesce(max(through_id), 0) FROM message_purge")[0].values()
    }

    /// Whether every message that was ever sent is still there, except those that were lost with
    /// the rest of the store's rows: see ``StoreAcceptance``.
    ///
    /// Audits that rebuild the past from the outbox are possible only then. It counts all messages.
    package func isComplete() throws -> Bool {
        let lost = try Identities(transaction).lostCount(of: "message")
        let sent = try transaction.counters()["message"] ?? 0
        return try purgedCount() == 0 && count() + lost == sent
    }
}

/// A delivery that has failed so far and is not parked.
package struct FailedDelivery: Hashable, Sendable {
    package let message: MessageHeading
    /// The id of the subscriber; nil when nobody receives the message.
    package let subscriber: String?
    package let failure: DeliveryFailure
}

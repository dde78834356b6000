/// What an outbox knows of a subscriber's deliveries, when the subscriber is renamed or removed.
extension Outbox {
    /// The number of the last message before the first that is not published; that of the last message
    /// when all are.
    func lastBeforeUnpublished() throws -> Int {
        let first: Int? = try transaction.rows(
            "SELECT min(id) FROM message WHERE published = 0")[0].values()
        return try first.map { $0 - 1 } ?? transaction.counters()["message"] ?? 0
    }

    /// The number of the last message before the first that was sent at this time or later; that of the
    /// last message when none was.
    func lastBefore(_ time: Timestamp) throws -> Int {
        let first: Int? = try transaction.rows(
            "SELECT min(id) FROM message WHERE creation_time >= \(time)")[0].values()
        return try first.map { $0 - 1 } ?? transaction.counters()["message"] ?? 0
    }

    /// Whether the outbox knows anything of a subscriber that follows it to another id.
    func knows(_ subscriber: String) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM delivery_failure WHERE consumer_id = \(subscriber))
                OR EXISTS (SELECT 1 FROM dead_letter WHERE consumer_id = \(subscriber))
                OR EXISTS (SELECT 1 FROM delivery_edit WHERE consumer_id = \(subscriber))
                OR EXISTS (SELECT 1 FROM discarded_delivery WHERE consumer_id = \(subscriber))
                OR EXISTS (SELECT 1 FROM redelivery WHERE consumer_id = \(subscriber))
            """
        ).isEmpty
    }

    /// Whether deliveries to a subscriber have failed or are parked.
    func hasTroubles(of subscriber: String) throws -> Bool {
        try !transaction.rows(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM delivery_failure WHERE consumer_id = \(subscriber))
                OR EXISTS (SELECT 1 FROM dead_letter WHERE consumer_id = \(subscriber))
            """
        ).isEmpty
    }

    /// How many deliveries each subscriber has parked; those of messages that nobody receives are left
    /// out.
    func parkedCounts() throws -> [String: Int] {
        try transaction.rows(
            """
            SELECT consumer_id, count(*) FROM dead_letter WHERE consumer_id <> ''
            GROUP BY consumer_id
            """
        ).reduce(into: [:]) { counts, row in
            let (subscriber, count): (String, Int) = try row.values()
            counts[subscriber] = count
        }
    }

    /// Gives all that the outbox knows of a subscriber's deliveries to its new id. Where it knows the
    /// same of both, what the new one has stands.
    func rename(_ former: String, to id: String) throws {
        try transaction.execute(
            """
            UPDATE delivery_failure SET consumer_id = \(id)
            WHERE consumer_id = \(former) AND NOT EXISTS
                (SELECT 1 FROM delivery_failure AS own
                 WHERE own.consumer_id = \(id) AND own.message_id = delivery_failure.message_id)
            """)
        try transaction.execute(
            """
            UPDATE dead_letter SET consumer_id = \(id)
            WHERE consumer_id = \(former) AND NOT EXISTS
                (SELECT 1 FROM dead_letter AS own
                 WHERE own.consumer_id = \(id) AND own.message_id = dead_letter.message_id)
            """)
        try transaction.execute(
            """
            UPDATE delivery_edit SET consumer_id = \(id)
            WHERE consumer_id = \(former) AND NOT EXISTS
                (SELECT 1 FROM delivery_edit AS own
                 WHERE own.consumer_id = \(id) AND own.message_id = delivery_edit.message_id)
            """)
        try transaction.execute(
            """
            UPDATE discarded_delivery SET consumer_id = \(id)
            WHERE consumer_id = \(former) AND NOT EXISTS
                (SELECT 1 FROM discarded_delivery AS own
                 WHERE own.consumer_id = \(id) AND own.message_id = discarded_delivery.message_id)
            """)
        try transaction.execute(
            """
            UPDATE redelivery SET consumer_id = \(id)
            WHERE consumer_id = \(former) AND NOT EXISTS
                (SELECT 1 FROM redelivery AS own
                 WHERE own.consumer_id = \(id) AND own.message_id = redelivery.message_id)
            """)
        try transaction.execute("DELETE FROM delivery_failure WHERE consumer_id = \(former)")
        try transaction.execute("DELETE FROM dead_letter WHERE consumer_id = \(former)")
        try transaction.execute("DELETE FROM delivery_edit WHERE consumer_id = \(former)")
        try transaction.execute("DELETE FROM discarded_delivery WHERE consumer_id = \(former)")
        try transaction.execute("DELETE FROM redelivery WHERE consumer_id = \(former)")
    }

    /// Takes back a subscriber's dead letters that need no delivery any more: it has handled them under
    /// one id and parked them under another, or an operator has discarded them.
    ///
    /// - Parameter isHandled: whether it has handled a message.
    func takeBackSettledLetters(
        of subscriber: String, where isHandled: (MessageID) throws -> Bool
    ) throws {
        for letter in try deadLetters(after: nil, subscriber: subscriber, limit: .max) {
            let id = MessageID(service: transaction.storeName, number: letter.message)
            if try isHandled(id) || discarded(of: id).contains(subscriber) {
                try takeBack(letter)
            }
        }
    }

    /// Takes back all dead letters of a subscriber that is gone, and forgets its failures. What it has
    /// held is looked at again. What operators have edited and discarded for it stays: what follows
    /// from that is told for good.
    func forget(_ subscriber: String) throws {
        for letter in try deadLetters(after: nil, subscriber: subscriber, limit: .max) {
            try takeBack(letter)
        }
        try transaction.execute("DELETE FROM delivery_failure WHERE consumer_id = \(subscriber)")
    }
}

/// What an outbox knows of one subscriber's deliveries, for subscribers that begin, are renamed or
/// are removed.
extension Outbox {
    /// The number before the first message that is not published; the number of the last message
    /// that was sent when all are published. By the partial index of unpublished messages.
    func lastBeforeUnpublished() throws -> Int {
        let first: Int? = try transaction.rows(
            "SELECT min(id) FROM message WHERE published = 0")[0].values()
        return try first.map { $0 - 1 } ?? transaction.counters()["message"] ?? 0
    }

    /// The number before the first message that was sent at this time or later; the number of the
    /// last message that was sent when there is none.
    ///
    /// Times have no index: it reads the outbox from its beginning up to that message. It is asked
    /// once for each new subscriber and source.
    func lastBefore(_ time: Timestamp) throws -> Int {
        let first: Int? = try transaction.rows(
            "SELECT min(id) FROM message WHERE creation_time >= \(time)")[0].values()
        return try first.map { $0 - 1 } ?? transaction.counters()["message"] ?? 0
    }

    /// Whether the outbox knows anything of a subscriber that must follow it to another id.
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

    /// How many deliveries each subscriber has parked. Messages that nobody receives are left out.
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

    /// Gives all that the outbox knows of a subscriber's deliveries to its new id.
    ///
    /// Both ids may have had the same message, if an older program ran again in between. Where the
    /// outbox knows the same of both, the row of the new id stands and that of the former one is
    /// deleted.
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

    /// Removes a subscriber's dead letters whose delivery need not be made any more: it has handled
    /// the message under one id and parked it under another, or an operator has discarded it.
    ///
    /// - Parameters:
    ///   - subscriber: the present id.
    ///   - isHandled: whether it has handled a message.
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

    /// Removes all dead letters and failures of a subscriber that is gone, and lets relays look at
    /// what they have held.
    ///
    /// What operators have edited and discarded for it stays: it tells for good why something was
    /// not done.
    func forget(_ subscriber: String) throws {
        for letter in try deadLetters(after: nil, subscriber: subscriber, limit: .max) {
            try takeBack(letter)
        }
        try transaction.execute("DELETE FROM delivery_failure WHERE consumer_id = \(subscriber)")
    }
}

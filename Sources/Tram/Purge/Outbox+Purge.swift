/// The statements of a purge on an outbox.
extension Outbox {
    /// A published message as a purge sees it: enough to tell who receives it, and whether it is
    /// still the one that was handled.
    struct Published {
        let id: MessageID
        let type: String
        let destination: String
        let headers: String
        let digest: Int
        let sent: Timestamp
        /// The first subscriber at which it is parked; nil when it is not parked.
        let parkedAt: String?

        /// Whether it is a domain event. The headers are decoded only when this is asked.
        var isEvent: Bool {
            let headers = try? WireFormat.decode([String: String].self, from: headers)
            return headers?[MessageHeader.eventType] != nil
        }
    }

    /// Published messages in the order of their ids, page by page. Dead letters are found by their
    /// primary key.
    ///
    /// - Parameters:
    ///   - after: the number of the last message of the page before.
    ///   - latest: only messages that were sent up to then; nil for all.
    ///   - limit: how many at the most.
    func published(after: Int, sentUpTo latest: Timestamp?, limit: Int) throws -> [Published] {
        try transaction.rows(
            """
            SELECT id, type, destination, headers, digest, creation_time,
                (SELECT min(consumer_id) FROM dead_letter WHERE message_id = message.id)
            FROM message
            WHERE published = 1 AND id > \(after) AND creation_time <= \(latest.asBound)
            ORDER BY id LIMIT \(limit)
            """
        ).map {
            let (number, type, destination, headers, digest, sent, parkedAt):
                (Int, String, String, String, Int, Int, String?) = try $0.values()
            return Published(
                id: MessageID(service: transaction.storeName, number: number), type: type,
                destination: destination, headers: headers, digest: digest,
                sent: Timestamp(milliseconds: Int64(sent)), parkedAt: parkedAt)
        }
    }

    /// Deletes messages and records that it did: an outbox without them no longer tells the whole
    /// past.
    ///
    /// Each is deleted only if it is still published and not parked. Since the proof was made, an
    /// operator may have made it pending again.
    ///
    /// - Returns: how many it deleted.
    func purge(_ messages: [MessageID]) throws -> Int {
        var through = 0
        var count = 0
        for message in messages {
            let deleted = try transaction.execute(
                """
                DELETE FROM message WHERE id = \(message.number) AND published = 1
                    AND NOT EXISTS
                        (SELECT 1 FROM dead_letter WHERE message_id = \(message.number))
                """)
            count += deleted
            if deleted > 0 { through = max(through, message.number) }
        }
        if count > 0 {
            try transaction.execute(
                """
                INSERT INTO message_purge (through_id, messages, creation_time)
                VALUES (\(through), \(count), \(Int(transaction.now.milliseconds)))
                """)
        }
        return count
    }

    // MARK: What is kept

    /// How many messages are not published, and the first of them, by what they wait for. By the
    /// partial index of unpublished messages.
    ///
    /// - Parameter latest: only messages that were sent up to then; nil for all.
    func unpublishedByReason(
        sentUpTo latest: Timestamp?
    ) throws -> [(reason: PurgeHold.Reason, count: Int, first: Int)] {
        try transaction.rows(
            """
            SELECT
                CASE
                    WHEN EXISTS (SELECT 1 FROM dead_letter WHERE message_id = message.id)
                        THEN 'parked'
                    WHEN aside = 2 THEN 'held'
                    WHEN EXISTS (SELECT 1 FROM delivery_failure WHERE message_id = message.id)
                        THEN 'failed'
                    ELSE 'pending'
                END,
                count(*), min(id)
            FROM message WHERE published = 0 AND creation_time <= \(latest.asBound)
            GROUP BY 1 ORDER BY 3
            """
        ).map {
            let (reason, count, first): (String, Int, Int) = try $0.values()
            return (PurgeHold.Reason(rawValue: reason) ?? .pending, count, first)
        }
    }

    /// What a message waits for at a subscriber that has not handled it.
    func reason(of number: Int, at subscriber: String) throws -> PurgeHold.Reason {
        let rows = try transaction.rows(
            """
            SELECT published, aside,
                (SELECT count(*) FROM dead_letter
                 WHERE message_id = message.id AND consumer_id = \(subscriber)),
                (SELECT count(*) FROM delivery_failure
                 WHERE message_id = message.id AND consumer_id = \(subscriber))
            FROM message WHERE id = \(number)
            """)
        guard let row = rows.first else { return .pending }
        let (published, aside, parked, failed): (Int, Int, Int, Int) = try row.values()
        if parked > 0 { return .parked }
        if published == 1 { return .unhandled }
        if failed > 0 { return .failed }
        return aside == 2 ? .held : .pending
    }

    /// The first subscriber at which a delivery of the message has failed or is parked. Empty when
    /// nobody receives the message, nil when nothing has failed.
    func subscriberInTrouble(with number: Int) throws -> String? {
        try transaction.rows(
            """
            SELECT consumer_id FROM dead_letter WHERE message_id = \(number)
            UNION ALL
            SELECT consumer_id FROM delivery_failure WHERE message_id = \(number)
            ORDER BY 1 LIMIT 1
            """
        ).first.map { try $0.values() }
    }

    /// A page of messages in a range of numbers, with what decides who receives them. Published or
    /// not, by primary key.
    func routes(after: Int, through: Int, limit: Int) throws -> [Route] {
        try transaction.rows(
            """
            SELECT id, type, destination FROM message
            WHERE id > \(after) AND id <= \(through) ORDER BY id LIMIT \(limit)
            """
        ).map {
            let (number, type, destination): (Int, String, String) = try $0.values()
            return Route(number: number, type: type, destination: destination)
        }
    }

    /// What decides who receives a message, without its contents.
    struct Route {
        let number: Int
        let type: String
        let destination: String
    }
}

extension Timestamp? {
    /// The time as an upper bound in a statement, in milliseconds; the greatest number when there
    /// is no bound.
    var asBound: Int { map { Int($0.milliseconds) } ?? .max }
}

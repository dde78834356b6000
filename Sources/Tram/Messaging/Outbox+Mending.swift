/// Changes of messages that were sent before: for migrations, and for stores that were put back.
extension Outbox {
    /// Gives every message the digest that its row has now, whatever it had.
    ///
    /// For the migration that introduces digests. It reads and writes every message, 500 ids at a
    /// time so that memory stays bounded; the whole is one transaction.
    package func digestAll() throws {
        var after = 0
        while true {
            let ids: [Int] = try transaction.rows(
                "SELECT id FROM message WHERE id > \(after) ORDER BY id LIMIT 500"
            ).map { try $0.values() }
            guard let last = ids.last else { return }
            for id in ids { try digest(id) }
            after = last
        }
    }

    /// Gives a message the digest that its row has now. To be called after every change of a column
    /// that the digest covers.
    private func digest(_ number: Int) throws {
        let row = try transaction.rows(
            """
            SELECT type, destination, partition_id, headers, payload, creation_time FROM message
            WHERE id = \(number)
            """)[0]
        let (type, destination, partitionID, headers, payload, created):
            (String, String, String, String, String, Int) = try row.values()
        let digest = MessageDigest.of(
            type: type, destination: destination, partitionID: partitionID, headers: headers,
            payload: payload, created: created)
        try transaction.execute("UPDATE message SET digest = \(digest) WHERE id = \(number)")
    }

    /// Gives messages other numbers, after an older copy of the store was put back: other services
    /// know other messages by the old ones.
    ///
    /// They are pending again, since nobody knows them by the new numbers. What refers to them in
    /// this outbox follows: dead letters by their foreign key, edits and discards here, and headers
    /// of later messages in a second pass, when all new numbers are known. Failures and
    /// redeliveries are forgotten; they told of deliveries under the old number.
    func renumber(_ renumbered: [AcceptanceReport.Renumbering]) throws {
        for renumbering in renumbered {
            let (from, to) = (renumbering.from.number, renumbering.to.number)
            try transaction.execute("DELETE FROM delivery_failure WHERE message_id = \(from)")
            try transaction.execute("DELETE FROM redelivery WHERE message_id = \(from)")
            try transaction.execute(
                "UPDATE message SET id = \(to), published = 0, aside = 0 WHERE id = \(from)")
            try transaction.execute(
                "UPDATE delivery_edit SET message_id = \(to) WHERE message_id = \(from)")
            try transaction.execute(
                "UPDATE discarded_delivery SET message_id = \(to) WHERE message_id = \(from)")
        }
        for renumbering in renumbered { try redirect(renumbering) }
    }

    /// Lets the headers of messages name another message by its new number.
    ///
    /// `LIKE` finds candidates by the quoted id in the JSON text, in a pass over the whole table;
    /// the decoded values decide.
    private func redirect(_ renumbering: AcceptanceReport.Renumbering) throws {
        let old = renumbering.from.description
        let rows = try transaction.rows(
            "SELECT id, headers FROM message WHERE headers LIKE \("%\"\(old)\"%") ORDER BY id")
        for row in rows {
            let (number, text): (Int, String) = try row.values()
            guard var headers = try? WireFormat.decode([String: String].self, from: text) else {
                continue
            }
            for (name, value) in headers where value == old {
                headers[name] = renumbering.to.description
            }
            try transaction.execute(
                "UPDATE message SET headers = \(try WireFormat.encode(headers)) WHERE id = \(number)"
            )
            try digest(number)
        }
    }

    /// Makes published messages pending again, for all who have not handled them. The inbox of
    /// whoever has handled one keeps it from being handled again.
    func markUnpublished(_ ids: [MessageID]) throws {
        for id in ids {
            try transaction.execute("DELETE FROM redelivery WHERE message_id = \(id.number)")
            try transaction.execute(
                "UPDATE message SET published = 0, aside = 0 WHERE id = \(id.number)")
        }
    }

    /// Makes messages pending again for one subscriber, by a row in `redelivery`. To all others, a
    /// message that was published stays so.
    ///
    /// A message that is still pending for everyone gets no such row: it would then be pending for
    /// this subscriber alone. One that is pending for others only gets a further row.
    func markUnpublished(_ ids: [MessageID], for subscriber: String) throws {
        for id in ids {
            try transaction.execute(
                """
                INSERT INTO redelivery (message_id, consumer_id)
                SELECT id, \(subscriber) FROM message WHERE id = \(id.number)
                    AND (published = 1 OR EXISTS
                        (SELECT 1 FROM redelivery AS other WHERE other.message_id = message.id))
                ON CONFLICT (message_id, consumer_id) DO NOTHING
                """)
            try transaction.execute(
                "UPDATE message SET published = 0, aside = 0 WHERE id = \(id.number)")
        }
    }
}

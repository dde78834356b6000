/// Dead letters: deliveries that have failed too often, kept beside the outbox until an operator
/// decides about them (the pattern "Dead Letter Channel", Hohpe and Woolf, *Enterprise Integration
/// Patterns*).
///
/// A dead letter belongs to one delivery, that is, to a message at a subscriber: the others may
/// have handled the message. Later messages of the same aggregate wait behind it at that
/// subscriber, so that its order is kept.
///
/// A message that no subscriber can be given any more because of dead letters is *set aside*
/// (column `aside`): no relay reads it, so a long queue behind a dead letter costs nothing. Every
/// decision of an operator lets the messages of the aggregate be looked at again. It also appends
/// to `outbox_decision`, by which relays that are running notice that messages before their cursor
/// are pending again.
extension Outbox {
    // MARK: What is known

    /// What is known of the deliveries of the messages in a range of numbers, except which of them
    /// wait behind failed ones.
    ///
    /// One statement of six parts. The first five are ranges of primary keys that begin with
    /// `message_id`; the last one goes from the dead letters to the pending messages of their
    /// aggregates, by `message_pending_of_aggregate_idx`. So the cost depends on how much trouble
    /// there is, and not on the length of the outbox.
    package func notes(_ numbers: ClosedRange<Int>) throws -> DeliveryNotes {
        let (first, last) = (numbers.lowerBound, numbers.upperBound)
        let rows = try transaction.rows(
            """
            SELECT 'failed', message_id, consumer_id, attempts, error FROM delivery_failure
            WHERE message_id >= \(first) AND message_id <= \(last)
            UNION ALL
            SELECT 'parked', message_id, consumer_id, attempts, error FROM dead_letter
            WHERE message_id >= \(first) AND message_id <= \(last)
            UNION ALL
            SELECT 'discarded', message_id, consumer_id, 0, '' FROM discarded_delivery
            WHERE message_id >= \(first) AND message_id <= \(last)
            UNION ALL
            SELECT 'edited', message_id, consumer_id, 0, payload FROM delivery_edit
            WHERE message_id >= \(first) AND message_id <= \(last)
            UNION ALL
            SELECT 'only for', message_id, consumer_id, 0, '' FROM redelivery
            WHERE message_id >= \(first) AND message_id <= \(last)
            UNION ALL
            SELECT 'ahead', message.id, letter.consumer_id, letter.message_id, ''
            FROM dead_letter AS letter JOIN message
                ON message.destination = letter.destination
                AND message.partition_id = letter.partition_id
                AND message.published = 0 AND message.id > letter.message_id
            WHERE message.id >= \(first) AND message.id <= \(last)
            """)
        var notes = DeliveryNotes()
        for row in rows { try notes.add(row) }
        return notes
    }

    /// The same, with those that wait behind failed ones: for tools that show why a message is
    /// pending.
    package func allNotes(_ numbers: ClosedRange<Int>) throws -> DeliveryNotes {
        var notes = try notes(numbers)
        let rows = try transaction.rows(
            """
            SELECT 'behind failed', later.id, failure.consumer_id, failure.message_id, ''
            FROM delivery_failure AS failure
                JOIN message AS failed ON failed.id = failure.message_id
                JOIN message AS later
                    ON later.destination = failed.destination
                    AND later.partition_id = failed.partition_id
                    AND later.published = 0 AND later.id > failed.id
            WHERE later.id >= \(numbers.lowerBound) AND later.id <= \(numbers.upperBound)
            """)
        for row in rows { try notes.add(row) }
        return notes
    }

    /// How many messages are parked for at least one subscriber.
    public func parkedCount() throws -> Int {
        try transaction.rows("SELECT count(DISTINCT message_id) FROM dead_letter")[0].values()
    }

    /// The number of the last decision. It changes whenever messages that a relay may have passed
    /// are pending again.
    func decisions() throws -> Int {
        try transaction.rows("SELECT coalesce(max(id), 0) FROM outbox_decision")[0].values()
    }

    /// The dead letters in the order of messages and subscribers, page by page.
    ///
    /// - Parameters:
    ///   - after: the last one of the page before; nil for the first page.
    ///   - subscriber: only those of this one; all when nil.
    ///   - untoldOnly: only those of which nobody was told yet.
    ///   - limit: how many at the most.
    func deadLetters(
        after: (message: Int, subscriber: String)?, subscriber: String?, untoldOnly: Bool = false,
        limit: Int
    ) throws -> [DeadLetterRow] {
        let (message, last) = after ?? (0, "")
        return try transaction.rows(
            """
            SELECT message_id, consumer_id, destination, partition_id, attempts, error
            FROM dead_letter
            WHERE (message_id, consumer_id) > (\(message), \(last))
                AND (CAST(\(subscriber) AS TEXT) IS NULL OR consumer_id = \(subscriber))
                AND is_told <= \(untoldOnly ? 0 : 1)
            ORDER BY message_id, consumer_id LIMIT \(limit)
            """
        ).map(DeadLetterRow.init)
    }

    /// The dead letters of one message, by subscriber.
    func deadLetters(of number: Int) throws -> [DeadLetterRow] {
        try transaction.rows(
            """
            SELECT message_id, consumer_id, destination, partition_id, attempts, error
            FROM dead_letter WHERE message_id = \(number) ORDER BY consumer_id
            """
        ).map(DeadLetterRow.init)
    }

    /// The later messages of a dead letter's aggregate that are not published, without their
    /// contents.
    func headingsBehind(_ letter: DeadLetterRow, limit: Int) throws -> [MessageHeading] {
        try transaction.rows(
            """
            SELECT id, type FROM message
            WHERE published = 0 AND destination = \(letter.destination)
                AND partition_id = \(letter.partitionID) AND id > \(letter.message)
            ORDER BY id LIMIT \(limit)
            """
        ).map {
            let (number, type): (Int, String) = try $0.values()
            return MessageHeading(
                id: MessageID(service: transaction.storeName, number: number), type: type)
        }
    }

    /// The payloads that operators have given to a message's deliveries, by subscriber. They are
    /// kept for good, also when the message is purged.
    public func edits(of id: MessageID) throws -> [String: String] {
        try transaction.rows(
            "SELECT consumer_id, payload FROM delivery_edit WHERE message_id = \(id.number)"
        ).reduce(into: [:]) { edits, row in
            let (subscriber, payload): (String, String) = try row.values()
            edits[subscriber] = payload
        }
    }

    /// The deliveries of this outbox's messages that were given another payload, by subscriber.
    package func editedDeliveries() throws -> [String: Set<MessageID>] {
        try transaction.rows("SELECT message_id, consumer_id FROM delivery_edit").reduce(into: [:])
        {
            edits, row in
            let (number, subscriber): (Int, String) = try row.values()
            edits[subscriber, default: []].insert(
                MessageID(service: transaction.storeName, number: number))
        }
    }

    /// The subscribers that will never get a message, because an operator has discarded it for
    /// them.
    public func discarded(of id: MessageID) throws -> Set<String> {
        Set(
            try transaction.rows(
                "SELECT consumer_id FROM discarded_delivery WHERE message_id = \(id.number)"
            ).map {
                let subscriber: String = try $0.values()
                return subscriber
            })
    }

    // MARK: Parking

    /// Parks a delivery that has failed, instead of counting its failure.
    ///
    /// - Parameters:
    ///   - message: the message as it was sent.
    ///   - subscriber: empty when nobody receives the message.
    ///   - attempts: how often the delivery was tried.
    ///   - error: what went wrong the last time.
    ///   - isTold: true when nobody is to be told of it: see ``ParkingPolicy/isToBeTold``.
    func park(
        _ message: Message, for subscriber: String, attempts: Int, error: String, isTold: Bool
    ) throws {
        let number = message.id.number
        try transaction.execute(
            """
            INSERT INTO dead_letter
                (message_id, consumer_id, destination, partition_id, attempts, error, is_told,
                 creation_time)
            VALUES (\(number), \(subscriber), \(message.destination), \(message.partitionID),
                \(attempts), \(error), \(isTold ? 1 : 0), \(Int(transaction.now.milliseconds)))
            ON CONFLICT (message_id, consumer_id)
            DO UPDATE SET attempts = excluded.attempts, error = excluded.error
            """)
        try forgetFailure(of: number, at: subscriber)
    }

    /// Why a message is set aside: the values of the column `aside` besides 0.
    enum Aside: Int {
        /// Everyone who has not handled it has parked it, or waits behind a parked message, and at
        /// least one has parked it. It does not count as pending.
        case parked = 1
        /// Everyone who has not handled it waits behind a parked message. It counts as pending.
        case behindParked = 2
    }

    /// Lets relays pass a message over until ``lookAgain(_:_:)``.
    func setAside(_ id: MessageID, _ reason: Aside) throws {
        try transaction.execute(
            "UPDATE message SET aside = \(reason.rawValue) WHERE id = \(id.number)")
    }

    /// Records that somebody was told of a dead letter.
    func noteTold(_ number: Int, _ subscriber: String) throws {
        try transaction.execute(
            """
            UPDATE dead_letter SET is_told = 1
            WHERE message_id = \(number) AND consumer_id = \(subscriber)
            """)
    }

    // MARK: An operator's decisions

    /// Makes a parked delivery pending again, with no attempts counted.
    func retry(_ letter: DeadLetterRow) throws {
        try unpark(letter)
        try decide("retried", letter)
    }

    /// Gives a parked delivery another payload, and makes it pending again.
    ///
    /// The message's row keeps the payload that was sent, for the other subscribers and for its
    /// digest; the new one is a row of `delivery_edit`, beside the old text.
    func edit(_ letter: DeadLetterRow, payload: String) throws {
        try transaction.execute(
            """
            INSERT INTO delivery_edit
                (message_id, consumer_id, destination, partition_id, sent_payload, payload,
                 creation_time)
            SELECT id, \(letter.subscriber), destination, partition_id, payload, \(payload),
                \(Int(transaction.now.milliseconds))
            FROM message WHERE id = \(letter.message)
            ON CONFLICT (message_id, consumer_id)
            DO UPDATE SET payload = excluded.payload, creation_time = excluded.creation_time
            """)
        try unpark(letter)
        try decide("edited", letter)
    }

    /// Decides that a parked delivery will never be made. A copy of the message is kept with its
    /// error, so that later it can still be told what was not done.
    func discard(_ letter: DeadLetterRow) throws {
        try transaction.execute(
            """
            INSERT INTO discarded_delivery
                (message_id, consumer_id, type, destination, partition_id, headers, payload,
                 attempts, error, creation_time)
            SELECT id, \(letter.subscriber), type, destination, partition_id, headers, payload,
                \(letter.attempts), \(letter.error), \(Int(transaction.now.milliseconds))
            FROM message WHERE id = \(letter.message)
            ON CONFLICT (message_id, consumer_id) DO NOTHING
            """)
        try unpark(letter)
        try decide("discarded", letter)
    }

    /// Notes that messages are pending again for a subscriber, for relays that have passed them.
    func noteRedelivery(to subscriber: String) throws {
        try noteDecision("redelivered", message: nil, subscriber: subscriber)
    }

    /// Notes an operator's decision about a dead letter.
    private func decide(_ decision: StaticString, _ letter: DeadLetterRow) throws {
        try noteDecision(decision, message: letter.message, subscriber: letter.subscriber)
    }

    /// Appends a decision. Rows are only ever added, so the highest id tells that there is a new
    /// one.
    private func noteDecision(
        _ decision: StaticString, message: Int?, subscriber: String
    ) throws {
        try transaction.execute(
            """
            INSERT INTO outbox_decision (decision, message_id, consumer_id, creation_time)
            VALUES (\("\(decision)"), \(message), \(subscriber),
                \(Int(transaction.now.milliseconds)))
            """)
    }

    /// Forgets the failures and dead letters of a message that every subscriber has handled after
    /// all.
    func forgetFailures(of number: Int) throws {
        try transaction.execute("DELETE FROM delivery_failure WHERE message_id = \(number)")
        let letters = try deadLetters(of: number)
        if letters.isEmpty { return }
        for letter in letters { try unpark(letter) }
        try noteDecision("handled", message: number, subscriber: "")
    }

    /// Removes a dead letter whose delivery is not to be made any more.
    func takeBack(_ letter: DeadLetterRow) throws {
        try unpark(letter)
        try decide("handled", letter)
    }

    /// Removes a dead letter and its failures, and lets relays look at its aggregate again.
    private func unpark(_ letter: DeadLetterRow) throws {
        try transaction.execute(
            """
            DELETE FROM dead_letter
            WHERE message_id = \(letter.message) AND consumer_id = \(letter.subscriber)
            """)
        try forgetFailure(of: letter.message, at: letter.subscriber)
        try lookAgain(letter.destination, letter.partitionID)
    }

    private func forgetFailure(of number: Int, at subscriber: String) throws {
        try transaction.execute(
            """
            DELETE FROM delivery_failure
            WHERE message_id = \(number) AND consumer_id = \(subscriber)
            """)
    }

    /// Lets relays look again at an aggregate's messages that were set aside. It finds them by
    /// `message_pending_of_aggregate_idx`.
    func lookAgain(_ destination: String, _ partitionID: String) throws {
        try transaction.execute(
            """
            UPDATE message SET aside = 0
            WHERE published = 0 AND destination = \(destination) AND partition_id = \(partitionID)
                AND aside > 0
            """)
    }
}

/// A row of the table `dead_letter`.
struct DeadLetterRow: Hashable {
    /// The message's number.
    let message: Int
    /// Empty where nobody receives the message.
    let subscriber: String
    let destination: String
    let partitionID: String
    let attempts: Int
    let error: String

    init(_ row: Row) throws {
        let (message, subscriber, destination, partitionID, attempts, error):
            (Int, String, String, String, Int, String) = try row.values()
        self.message = message
        self.subscriber = subscriber
        self.destination = destination
        self.partitionID = partitionID
        self.attempts = attempts
        self.error = error
    }
}

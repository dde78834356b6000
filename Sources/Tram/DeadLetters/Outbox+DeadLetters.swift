/// Deliveries that have failed too often are parked: they are dead letters, kept beside the outbox until
/// an operator decides about them (the pattern "Dead Letter Channel", Hohpe and Woolf, *Enterprise
/// Integration Patterns*).
///
/// A message that nobody can be given any more because of dead letters is set aside: no relay looks at
/// it. Whatever an operator decides about a dead letter lets the messages of its aggregate be looked at
/// again.
extension Outbox {
    // MARK: What is known

    /// What is known of the deliveries of the messages in a stretch of numbers, but for those that wait
    /// behind failed ones.
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

    /// The same, and which of them wait behind failed ones.
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

    /// Changes whenever messages that a relay may have passed are pending again.
    func decisions() throws -> Int {
        try transaction.rows("SELECT coalesce(max(id), 0) FROM outbox_decision")[0].values()
    }

    /// The dead letters in the order of messages and subscribers, from the one after `after`.
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

    /// The dead letters of one message.
    func deadLetters(of number: Int) throws -> [DeadLetterRow] {
        try transaction.rows(
            """
            SELECT message_id, consumer_id, destination, partition_id, attempts, error
            FROM dead_letter WHERE message_id = \(number) ORDER BY consumer_id
            """
        ).map(DeadLetterRow.init)
    }

    /// The later messages of a dead letter's aggregate that are not published, without their contents.
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

    /// The payloads that operators have given to a message's deliveries, by subscriber.
    public func edits(of id: MessageID) throws -> [String: String] {
        try transaction.rows(
            "SELECT consumer_id, payload FROM delivery_edit WHERE message_id = \(id.number)"
        ).reduce(into: [:]) { edits, row in
            let (subscriber, payload): (String, String) = try row.values()
            edits[subscriber] = payload
        }
    }

    /// The deliveries of this outbox's messages that have another payload, by subscriber.
    package func editedDeliveries() throws -> [String: Set<MessageID>] {
        try transaction.rows("SELECT message_id, consumer_id FROM delivery_edit").reduce(into: [:])
        {
            edits, row in
            let (number, subscriber): (Int, String) = try row.values()
            edits[subscriber, default: []].insert(
                MessageID(service: transaction.storeName, number: number))
        }
    }

    /// The subscribers that will never get a message: an operator has said so.
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

    /// Parks a delivery that has failed.
    ///
    /// - Parameter isTold: whether nobody is to be told of it.
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

    /// Why a message is set aside.
    enum Aside: Int {
        case parked = 1
        case behindParked = 2
    }

    /// Lets no relay look at a message any more.
    func setAside(_ id: MessageID, _ reason: Aside) throws {
        try transaction.execute(
            "UPDATE message SET aside = \(reason.rawValue) WHERE id = \(id.number)")
    }

    /// Remembers that somebody was told of a dead letter.
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

    /// Gives a parked delivery another payload, and makes it pending again. The message stays as it is
    /// for all others.
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

    /// Decides that a parked delivery will never be made. What the message was is kept.
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

    /// Notes that messages are pending again, for relays that have passed them.
    func noteRedelivery(to subscriber: String) throws {
        try noteDecision("redelivered", message: nil, subscriber: subscriber)
    }

    private func decide(_ decision: StaticString, _ letter: DeadLetterRow) throws {
        try noteDecision(decision, message: letter.message, subscriber: letter.subscriber)
    }

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

    /// Forgets the failures and dead letters of a message that every subscriber has handled after all.
    func forgetFailures(of number: Int) throws {
        try transaction.execute("DELETE FROM delivery_failure WHERE message_id = \(number)")
        let letters = try deadLetters(of: number)
        if letters.isEmpty { return }
        for letter in letters { try unpark(letter) }
        try noteDecision("handled", message: number, subscriber: "")
    }

    /// Takes back a dead letter whose delivery is not to be made any more.
    func takeBack(_ letter: DeadLetterRow) throws {
        try unpark(letter)
        try decide("handled", letter)
    }

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

    /// Lets relays look again at an aggregate's messages that were set aside.
    func lookAgain(_ destination: String, _ partitionID: String) throws {
        try transaction.execute(
            """
            UPDATE message SET aside = 0
            WHERE published = 0 AND destination = \(destination) AND partition_id = \(partitionID)
                AND aside > 0
            """)
    }
}

/// A row of a dead letter.
struct DeadLetterRow: Hashable {
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

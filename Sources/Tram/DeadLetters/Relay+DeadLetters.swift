/// A delivery that has failed as often as it may: no relay tries it again until an operator decides
/// about it.
///
/// There are three decisions: ``Relay/retry(_:_:)`` when the cause was mended,
/// ``Relay/edit(_:for:payload:)`` when the payload was wrong, and ``Relay/discard(_:_:)`` when the
/// delivery must not be made.
public struct DeadLetter: Hashable, Sendable {
    /// The message as it was sent.
    public let message: Message
    /// The service that sent it.
    public let source: String
    /// The id of the subscriber whose handler failed; nil when nobody receives the message.
    public let subscriber: String?
    /// How often it was tried before it was parked.
    public let attempts: Int
    /// What went wrong the last time: the description of the handler's error.
    public let error: String
    /// The payload that an operator has given to this delivery, and that has failed too; nil when
    /// none has.
    public let edited: String?
    /// The later messages of the same aggregate that wait for it at the subscriber, at most
    /// ``Relay/heldMessagesTold`` of them.
    public let holds: [MessageID]
}

/// Which dead letters are meant, by message, by subscriber, by both, or all of them.
public struct DeadLetterSelection: Hashable, Sendable {
    /// One message's; all when nil.
    public let message: MessageID?
    /// One subscriber's; all when nil.
    public let subscriber: String?

    /// The dead letters of a message, or all of them, at one subscriber or at all.
    public init(message: MessageID? = nil, subscriber: String? = nil) {
        self.message = message
        self.subscriber = subscriber
    }
}

/// Why nothing was decided about a dead letter. Nothing was changed.
public enum DeadLetterError: Error, Hashable, Sendable {
    /// The message is not parked, or not for that subscriber. Somebody else may have decided about
    /// it already.
    case notParked(MessageID, subscriber: String?)
    /// Several subscribers have parked the message, and only one can be meant: name one of
    /// `subscribers`.
    case ambiguous(MessageID, subscribers: [String])
}

extension Relay {
    /// How many messages ``DeadLetter/holds`` names at the most.
    public static let heldMessagesTold = 100

    /// Calls `body` for every dead letter, in the order of services, messages and subscribers.
    ///
    /// ```swift
    /// try relay.forEachDeadLetter { letter in
    ///     print(letter.message.id, letter.subscriber ?? "nobody", letter.error)
    /// }
    /// ```
    ///
    /// It reads page by page, so memory stays bounded. `body` runs outside of any transaction, and
    /// may decide about the letter.
    ///
    /// - Parameters:
    ///   - selection: only these.
    ///   - availability: notes which services are away; their dead letters are left out.
    ///   - body: an error from it ends the listing.
    public func forEachDeadLetter(
        _ selection: DeadLetterSelection = DeadLetterSelection(),
        _ availability: Availability = Availability(), _ body: (DeadLetter) throws -> Void
    ) throws {
        for source in services {
            if let message = selection.message, message.service != source.name { continue }
            _ = try availability.attempt(source.store) { store in
                try forEachPage(of: selection, in: store) { rows in
                    let letters = try store.read { transaction in
                        try rows.compactMap { try letter($0, from: source, in: transaction) }
                    }
                    for letter in letters { try body(letter) }
                }
            }
        }
    }

    /// Makes parked deliveries pending again, with no attempts counted.
    ///
    /// The next pass makes them, and what has waited behind them follows in order. One transaction
    /// for each sender's store.
    ///
    /// - Parameters:
    ///   - selection: which ones; without a message and a subscriber, all of them.
    ///   - availability: notes which senders are away; nothing is decided about theirs.
    /// - Returns: the dead letters that these were.
    /// - Throws: ``DeadLetterError/notParked(_:subscriber:)`` when the selection names a message
    ///   and it is not parked.
    @discardableResult
    public func retry(
        _ selection: DeadLetterSelection, _ availability: Availability = Availability()
    ) throws -> [DeadLetter] {
        try decide(selection, availability) { try $0.retry($1) }
    }

    /// Decides that parked deliveries will never be made.
    ///
    /// What has waited behind them is delivered next. A copy of each message is kept beside the
    /// outbox for good, also when the outbox is purged. This cannot be taken back. A discarded
    /// command gets no reply, so its saga waits until its deadline or an operator ends that.
    ///
    /// - Parameters:
    ///   - selection: which ones.
    ///   - availability: notes which senders are away; nothing is decided about theirs.
    /// - Returns: the dead letters that these were.
    /// - Throws: ``DeadLetterError/notParked(_:subscriber:)`` when the selection names a message
    ///   and it is not parked.
    @discardableResult
    public func discard(
        _ selection: DeadLetterSelection, _ availability: Availability = Availability()
    ) throws -> [DeadLetter] {
        try decide(selection, availability) { try $0.discard($1) }
    }

    /// Gives one parked delivery another payload, and makes it pending again.
    ///
    /// The message itself stays as it was sent, also for its other subscribers. The payload is not
    /// checked here: if it does not fit either, the delivery fails and is parked again.
    ///
    /// - Parameters:
    ///   - message: the message whose delivery is parked.
    ///   - subscriber: whose delivery; may be nil when only one has parked the message.
    ///   - payload: JSON text.
    /// - Returns: the dead letter that it was.
    /// - Throws: ``DeadLetterError``; a ``StoreError`` when the sender's store cannot be used.
    @discardableResult
    public func edit(
        _ message: MessageID, for subscriber: String?, payload: String
    ) throws -> DeadLetter {
        let selection = DeadLetterSelection(message: message, subscriber: subscriber)
        let availability = Availability()
        let letters = try decide(selection, availability, onlyOne: true) {
            try $0.edit($1, payload: payload)
        }
        guard let letter = letters.first else {
            throw availability.reasons[message.service]
                ?? DeadLetterError.notParked(message, subscriber: subscriber)
        }
        return letter
    }

    /// Calls `body` for each dead letter of which nobody was told yet, if it is to be told: see
    /// ``ParkingPolicy/isToBeTold``.
    ///
    /// Each is told once, unless the process dies after `body` and before that is recorded: then it
    /// is told again. `body` may take its time, since no transaction is open while it runs.
    ///
    /// - Parameters:
    ///   - availability: notes which services are away.
    ///   - body: returns whether it could tell somebody. If not, it is called again for this letter
    ///     the next time.
    public func tellOfDeadLetters(
        _ availability: Availability = Availability(), _ body: (DeadLetter) throws -> Bool
    ) throws {
        for source in services {
            _ = try availability.attempt(source.store) { store in
                try forEachPage(of: DeadLetterSelection(), untoldOnly: true, in: store) { rows in
                    for row in rows {
                        let letter = try store.read { try self.letter(row, from: source, in: $0) }
                        guard let letter, try body(letter) else { continue }
                        try store.write { try Outbox($0).noteTold(row.message, row.subscriber) }
                    }
                }
            }
        }
    }

    /// The first dead letters, in views of the stores that were opened at one instant.
    package func deadLetters(in views: [any Transaction], limit: Int) throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        for view in views {
            guard let source = services.first(where: { $0.name == view.storeName }) else {
                continue
            }
            let rows = try Outbox(view).deadLetters(
                after: nil, subscriber: nil, limit: limit - letters.count)
            letters += try rows.compactMap { try letter($0, from: source, in: view) }
        }
        return letters
    }

    // MARK: -

    /// Applies a decision to the selected dead letters, in one transaction for each source.
    ///
    /// - Parameter onlyOne: whether a message that several subscribers have parked is an error.
    private func decide(
        _ selection: DeadLetterSelection, _ availability: Availability, onlyOne: Bool = false,
        _ decision: (Outbox, DeadLetterRow) throws -> Void
    ) throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        for source in services {
            if let message = selection.message, message.service != source.name { continue }
            let decided = try availability.attempt(source.store) { store in
                try store.write { transaction in
                    let outbox = Outbox(transaction)
                    var decided: [DeadLetter] = []
                    let rows = try rows(of: selection, outbox)
                    if onlyOne, rows.count > 1, let message = selection.message {
                        throw DeadLetterError.ambiguous(
                            message, subscribers: rows.map(\.subscriber))
                    }
                    for row in rows {
                        guard let letter = try letter(row, from: source, in: transaction) else {
                            continue
                        }
                        try decision(outbox, row)
                        decided.append(letter)
                    }
                    return decided
                }
            }
            letters += decided ?? []
        }
        if letters.isEmpty, let message = selection.message, availability.includes(message.service)
        {
            throw DeadLetterError.notParked(message, subscriber: selection.subscriber)
        }
        return letters
    }

    /// All rows that are selected, in memory: a decision is one transaction.
    private func rows(
        of selection: DeadLetterSelection, _ outbox: Outbox
    ) throws -> [DeadLetterRow] {
        if let message = selection.message {
            return try outbox.deadLetters(of: message.number).filter {
                selection.subscriber == nil || $0.subscriber == selection.subscriber
            }
        }
        return try outbox.deadLetters(
            after: nil, subscriber: selection.subscriber, limit: .max)
    }

    /// Calls `body` for the selected rows, page by page, with no transaction open. `body` may
    /// remove them: the next page begins after the last one by its key.
    private func forEachPage(
        of selection: DeadLetterSelection, untoldOnly: Bool = false, in store: any Store,
        _ body: ([DeadLetterRow]) throws -> Void
    ) throws {
        if selection.message != nil {
            return try body(store.read { try rows(of: selection, Outbox($0)) })
        }
        var last: (message: Int, subscriber: String)?
        while true {
            let page = try store.read {
                try Outbox($0).deadLetters(
                    after: last, subscriber: selection.subscriber, untoldOnly: untoldOnly,
                    limit: chunk)
            }
            guard let end = page.last else { return }
            try body(page)
            last = (end.message, end.subscriber)
        }
    }

    /// A row as a ``DeadLetter``; nil when its message is not there any more.
    private func letter(
        _ row: DeadLetterRow, from source: Service, in transaction: any Transaction
    ) throws -> DeadLetter? {
        let outbox = Outbox(transaction)
        guard let message = try outbox.message(row.message)?.message else { return nil }
        let receiver = services.flatMap(\.subscribers).first { $0.id == row.subscriber }
        let behind = try outbox.headingsBehind(row, limit: Self.heldMessagesTold)
        return DeadLetter(
            message: message, source: source.name,
            subscriber: row.subscriber.isEmpty ? nil : row.subscriber, attempts: row.attempts,
            error: row.error, edited: try outbox.edits(of: message.id)[row.subscriber],
            holds: behind.filter {
                receiver?.accepts(type: $0.type, from: row.destination) ?? true
            }.map(\.id))
    }
}

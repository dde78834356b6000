/// Replaces rows of one subscriber's inbox by a position for each source.
///
/// A position claims that the subscriber has handled every message up to a number, as far as it
/// accepts it. So it must stop
///
/// * before the first message that the subscriber accepts and is still to get: it would be taken
///   for a duplicate, and be lost;
/// * before the first one that is stashed, whose row still changes;
/// * before the first row that is too young.
///
/// Whether a message is still to come is asked of the source's outbox. A message that is not there
/// any more was handled by everybody, or an ``OutboxPurge`` would have kept it.
///
/// The steps are: read all rows once to find the highest number and the first young one of each
/// source; find the first open message up to there; choose the last row before these bounds as the
/// new position; make the positions durable; delete the rows below them. A process that dies in
/// between leaves rows that a position stands for already, which are harmless and go with the next
/// purge.
///
/// Rows whose id cannot be read, or whose source is not one of these, are kept. So is the row at
/// the position: see ``InboxPosition``.
struct InboxPurge {
    let service: Service
    let subscriber: any Subscriber
    /// The services whose messages are looked at: those whose stores can be trusted.
    let sources: [Service]
    /// Only rows of messages that were handled up to then; nil for all rows.
    let handledUpTo: Timestamp?
    /// How many rows share a transaction at the most.
    let page: Int

    /// Purges what can be purged, and reports for each source what holds the rest.
    func run(_ report: inout PurgeReport) throws {
        let before = try positions()
        var stretches = try stretches(after: before)
        try findLimits(of: &stretches, after: before)
        try findEnds(of: &stretches)
        // The positions are durable before the first row for which they stand is deleted. The other
        // way round, a crash in between would let messages be handled twice.
        let raised = stretches.filter { $0.value.end > before[$0.key] ?? 0 }
        if !raised.isEmpty {
            try service.store.write { transaction in
                for (source, stretch) in raised.sorted(by: { $0.key < $1.key }) {
                    try Inbox(transaction).raise(
                        InboxPosition(
                            subscriber: subscriber.id, source: source, through: stretch.end))
                }
            }
        }
        report.free(
            try deleteRows(before.merging(raised.mapValues(\.end)) { $1 }), \.handled,
            of: service.name)
        for source in sources.map(\.name) {
            guard let stretch = stretches[source], let limit = stretch.limit, stretch.behind > 0
            else { continue }
            report.keep(
                PurgeHold(
                    service.name, .handled, limit.reason, count: stretch.behind,
                    message: MessageID(service: source, number: limit.number),
                    holder: subscriber.id))
        }
    }

    // MARK: How far the positions may go

    /// The rows of one source above its position, and how far the position may go.
    private struct Stretch {
        /// The highest number of a row.
        var highest = 0
        /// The lowest number of a row that is too young.
        var youngest = Int.max
        /// The first message that holds the position; nil when none does.
        var limit: (number: Int, reason: PurgeHold.Reason)?
        /// The number of the last row before the bound: the new position; 0 when there is none.
        var end = 0
        /// How many rows are behind the limit, and old enough: they are reported as held.
        var behind = 0

        /// No row from this number on is covered by the position.
        var bound: Int { min(youngest, limit?.number ?? .max) }
    }

    /// How far the subscriber's positions stand before the purge, by source.
    private func positions() throws -> [String: Int] {
        try service.store.read { transaction in
            try sources.reduce(into: [:]) { positions, source in
                positions[source.name] =
                    try Inbox(transaction).position(of: subscriber.id, in: source.name)?.through
            }
        }
    }

    /// By source: the rows above its position. Ids are ordered as text, so every row is looked at,
    /// once.
    private func stretches(after positions: [String: Int]) throws -> [String: Stretch] {
        let names = Set(sources.map(\.name))
        var stretches: [String: Stretch] = [:]
        try forEachRow { entry, id in
            guard names.contains(id.service), id.number > positions[id.service] ?? 0 else { return }
            var stretch = stretches[id.service] ?? Stretch()
            stretch.highest = max(stretch.highest, id.number)
            if isYoung(entry) {
                stretch.youngest = min(stretch.youngest, id.number)
            }
            stretches[id.service] = stretch
        }
        return stretches
    }

    /// Whether a row is too young to be purged.
    private func isYoung(_ entry: InboxEntry) -> Bool {
        handledUpTo.map { entry.received > $0 } ?? false
    }

    /// Finds what holds each position: the lower of the first open message and the first stashed
    /// one.
    private func findLimits(
        of stretches: inout [String: Stretch], after positions: [String: Int]
    ) throws {
        let stashed = try firstStashed()
        for source in sources {
            guard var stretch = stretches[source.name] else { continue }
            stretch.limit = try firstOpen(
                of: source, after: positions[source.name] ?? 0,
                through: min(stretch.highest, stretch.youngest))
            if let number = stashed[source.name], number < stretch.limit?.number ?? .max {
                stretch.limit = (number, .stashed)
            }
            stretches[source.name] = stretch
        }
    }

    /// By source: the first message that is stashed in the service's store, by whichever
    /// subscriber.
    private func firstStashed() throws -> [String: Int] {
        var first: [String: Int] = [:]
        var after = 0
        while true {
            let commands = try service.store.read { transaction in
                try SagaLocks.exist(in: transaction)
                    ? SagaLocks(transaction).stashed(after: after, limit: page) : []
            }
            guard let last = commands.last else { return first }
            for command in commands {
                guard let id = command.message else { continue }
                first[id.service] = min(first[id.service] ?? .max, id.number)
            }
            after = last.sequence
        }
    }

    /// The first message of a source that the subscriber accepts, has not handled and is to get;
    /// nil when there is none up to `highest`.
    ///
    /// For each page: the messages' kinds from the outbox, then the inbox, then the discards of the
    /// outbox again. No transaction spans two stores. That is enough, since a message that was
    /// handled or discarded stays so.
    private func firstOpen(
        of source: Service, after position: Int, through highest: Int
    ) throws -> (number: Int, reason: PurgeHold.Reason)? {
        var after = position
        while true {
            let routes = try source.store.read {
                try Outbox($0).routes(after: after, through: highest, limit: page)
            }
            guard let last = routes.last else { return nil }
            let accepted = routes.filter {
                subscriber.accepts(type: $0.type, from: $0.destination)
            }.map(\.number)
            let open = try service.store.read { transaction in
                try accepted.filter {
                    try !Inbox(transaction).contains(
                        MessageID(service: source.name, number: $0), for: subscriber.id)
                }
            }
            let first = try source.store.read { transaction in
                let outbox = Outbox(transaction)
                return try open.first { number in
                    let message = MessageID(service: source.name, number: number)
                    return try !outbox.discarded(of: message).contains(subscriber.id)
                }.map { ($0, try outbox.reason(of: $0, at: subscriber.id)) }
            }
            if let first { return first }
            after = last.number
        }
    }

    /// Finds the new positions. Each must be the number of a row, its anchor: the last one before
    /// the bound. Only where something is in the way are the rows read again.
    private func findEnds(of stretches: inout [String: Stretch]) throws {
        var found = stretches.mapValues { stretch in
            var stretch = stretch
            stretch.end = stretch.highest < stretch.bound ? stretch.highest : 0
            return stretch
        }
        if found.contains(where: { $0.value.end == 0 }) {
            try forEachRow { entry, id in
                guard var stretch = found[id.service] else { return }
                if id.number < stretch.bound {
                    stretch.end = max(stretch.end, id.number)
                } else if let limit = stretch.limit, id.number > limit.number, !isYoung(entry) {
                    stretch.behind += 1
                }
                found[id.service] = stretch
            }
        }
        stretches = found
    }

    // MARK: Rows

    /// Deletes the rows that the positions stand for, except the anchors.
    private func deleteRows(_ positions: [String: Int]) throws -> Int {
        var count = 0
        try forEachPage { page in
            let free = page.filter { entry in
                MessageID(entry.message).map { $0.number < positions[$0.service] ?? 0 } ?? false
            }.map(\.message)
            if free.isEmpty { return }
            count += try service.store.write {
                try Inbox($0).delete(free, of: subscriber.id)
            }
        }
        return count
    }

    /// Calls `body` for each row whose id can be read.
    private func forEachRow(_ body: (InboxEntry, MessageID) throws -> Void) throws {
        try forEachPage { page in
            for entry in page {
                if let id = MessageID(entry.message) { try body(entry, id) }
            }
        }
    }

    /// Calls `body` for the subscriber's rows, page by page, outside of a transaction: it may
    /// delete them.
    private func forEachPage(_ body: ([InboxEntry]) throws -> Void) throws {
        var after = ""
        while true {
            let entries = try service.store.read {
                try Inbox($0).entries(of: subscriber.id, after: after, limit: page)
            }
            guard let last = entries.last else { return }
            try body(entries)
            after = last.message
        }
    }
}

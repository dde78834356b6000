/// Replaces rows of one subscriber's inbox by a position for each source. The position stands for every
/// message that the source has ever sent up to a number, as far as the subscriber accepts it. So it
/// stops before the first one that is still to be handled, and before the first that is stashed.
///
/// Rows whose id is none, or whose source is not one of these, are kept. The row at the position is
/// kept as well: see ``InboxPosition``.
struct InboxPurge {
    let service: Service
    let subscriber: any Subscriber
    /// The services whose messages are looked at.
    let sources: [Service]
    /// Only rows of messages that were handled up to then.
    let handledUpTo: Timestamp?
    /// How many rows share a transaction at the most.
    let page: Int

    func run(_ report: inout PurgeReport) throws {
        let before = try positions()
        var stretches = try stretches(after: before)
        try findLimits(of: &stretches, after: before)
        try findEnds(of: &stretches)
        // The positions are durable before the first row is gone that they stand for.
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

    /// A source's rows above its position.
    private struct Stretch {
        /// The highest number of a row.
        var highest = 0
        /// The lowest number of a row that is too young.
        var youngest = Int.max
        /// The first message that holds the position.
        var limit: (number: Int, reason: PurgeHold.Reason)?
        /// The number of the last row before the limit and the young ones: the new position.
        var end = 0
        /// How many rows are behind the limit, and old enough.
        var behind = 0

        /// No row from this number on is a part of the position.
        var bound: Int { min(youngest, limit?.number ?? .max) }
    }

    private func positions() throws -> [String: Int] {
        try service.store.read { transaction in
            try sources.reduce(into: [:]) { positions, source in
                positions[source.name] =
                    try Inbox(transaction).position(of: subscriber.id, in: source.name)?.through
            }
        }
    }

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

    private func isYoung(_ entry: InboxEntry) -> Bool {
        handledUpTo.map { entry.received > $0 } ?? false
    }

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

    /// By source: the first message that is stashed in the service's store.
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

    /// The first message of a source that the subscriber accepts, has not handled and is to get.
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

    /// The position must be the number of a row: the last one before the bound.
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

    /// Deletes the rows that the positions stand for, but for the last of each.
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

    private func forEachRow(_ body: (InboxEntry, MessageID) throws -> Void) throws {
        try forEachPage { page in
            for entry in page {
                if let id = MessageID(entry.message) { try body(entry, id) }
            }
        }
    }

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

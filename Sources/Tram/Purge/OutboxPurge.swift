/// Deletes the messages of one service's outbox that nobody needs any more.
///
/// The mark "published" is not proof enough: an inbox may have been put back since, or a subscriber
/// been added. So each message is checked again with what the stores say. It is deleted only if
///
/// * it is published, and not parked for anybody;
/// * every subscriber that accepts it has it in its inbox, with the same content, or an operator
///   has discarded it for that subscriber;
/// * no stash holds it: a stashed command that fails is delivered again by its outbox;
/// * it was not published without a subscriber that is to get it when a program has that one again.
///
/// The stores are read one after the other, without a common view. Services may send meanwhile, but
/// no relay may run: a message that is deleted is an old one, and what is known of it does not
/// become less.
struct OutboxPurge {
    let relay: Relay
    let source: Service
    /// Only messages that were sent up to then; nil for all.
    let sentUpTo: Timestamp?
    /// How many messages share a transaction at the most.
    let page: Int

    /// Purges page by page, each in one short transaction, and reports what it keeps.
    func run(_ report: inout PurgeReport) throws {
        var after = 0
        while true {
            let messages = try source.store.read {
                try Outbox($0).published(after: after, sentUpTo: sentUpTo, limit: page)
            }
            guard let last = messages.last else { break }
            let holds = try self.holds(on: messages)
            for message in messages {
                if let hold = holds[message.id] { report.keep(hold) }
            }
            let free = messages.map(\.id).filter { holds[$0] == nil }
            if !free.isEmpty {
                let count = try source.store.write { try Outbox($0).purge(free) }
                report.free(count, \.messages, of: source.name)
            }
            after = last.id.number
        }
        try tellUnpublished(&report)
    }

    // MARK: The proof

    /// A delivery that is missing in an inbox, or that an inbox knows with another content.
    private struct Gap {
        let message: MessageID
        let subscriber: String
        let reason: PurgeHold.Reason
    }

    /// Why messages must be kept, by message; those that can be deleted are not in it. The first
    /// reason that is found is reported.
    private func holds(on messages: [Outbox.Published]) throws -> [MessageID: PurgeHold] {
        var holds: [MessageID: PurgeHold] = [:]
        for message in messages {
            guard let subscriber = message.parkedAt else { continue }
            holds[message.id] = PurgeHold(
                source.name, .messages, .parked, message: message.id,
                holder: subscriber.isEmpty ? nil : subscriber)
        }
        // Before the subscribers' stores are read: a relay moves such a note to those, never back.
        let absences = try source.store.read { try Outbox($0).absentServices() }
        let found = try relay.services.flatMap { service in
            try service.store.read { transaction in
                for stashed in try stashed(messages, transaction) where holds[stashed] == nil {
                    holds[stashed] = PurgeHold(
                        source.name, .messages, .stashed, message: stashed, holder: service.name)
                }
                return try gaps(in: messages, at: service, transaction)
                    + missed(
                        messages, at: service, absentAfter: absences[service.name], transaction)
            }
        }
        for gap in try undiscarded(found) where holds[gap.message] == nil {
            holds[gap.message] = PurgeHold(
                source.name, .messages, gap.reason, message: gap.message, holder: gap.subscriber)
        }
        return holds
    }

    /// The deliveries to a service's subscribers that its inbox does not know of.
    private func gaps(
        in messages: [Outbox.Published], at service: Service, _ transaction: any Transaction
    ) throws -> [Gap] {
        let inbox = Inbox(transaction)
        return try service.subscribers.flatMap { subscriber -> [Gap] in
            try gaps(
                in: messages.filter {
                    subscriber.accepts(type: $0.type, from: $0.destination)
                }, at: subscriber.id, .unhandled, inbox)
        }
    }

    /// The events that were published without subscribers which a store knows and the program does
    /// not have. Whether those accept them cannot be told without them, so all events are kept.
    private func missed(
        _ messages: [Outbox.Published], at service: Service, absentAfter: Int?,
        _ transaction: any Transaction
    ) throws -> [Gap] {
        let notes = try relay.missed(
            at: service, from: source.name, absentAfter: absentAfter, transaction)
        let inbox = Inbox(transaction)
        return try notes.flatMap { note in
            try gaps(
                in: messages.filter { $0.id.number > note.after && $0.isEvent },
                at: note.subscriber, .missed, inbox)
        }
    }

    /// The messages that a subscriber does not have in its inbox, or has with another content. What
    /// lies below its position is taken as handled.
    ///
    /// - Parameter reason: why those are kept that the inbox does not know at all.
    private func gaps(
        in messages: [Outbox.Published], at subscriber: String, _ reason: PurgeHold.Reason,
        _ inbox: Inbox
    ) throws -> [Gap] {
        let through = try inbox.position(of: subscriber, in: source.name)?.through ?? 0
        return try messages.compactMap { message in
            guard message.id.number > through else { return nil }
            guard let entry = try inbox.entry(message.id, for: subscriber) else {
                return Gap(message: message.id, subscriber: subscriber, reason: reason)
            }
            return entry.isOther(digest: message.digest, sent: message.sent)
                ? Gap(message: message.id, subscriber: subscriber, reason: .otherContent) : nil
        }
    }

    /// The gaps that remain when deliveries which an operator has discarded are left out.
    private func undiscarded(_ gaps: [Gap]) throws -> [Gap] {
        if gaps.isEmpty { return [] }
        return try source.store.read { transaction in
            try gaps.filter {
                try !Outbox(transaction).discarded(of: $0.message).contains($0.subscriber)
            }
        }
    }

    /// The messages that wait in a store's stash.
    private func stashed(
        _ messages: [Outbox.Published], _ transaction: any Transaction
    ) throws -> [MessageID] {
        guard try SagaLocks.exist(in: transaction) else { return [] }
        let locks = SagaLocks(transaction)
        return try messages.map(\.id).filter(locks.isStashed)
    }

    // MARK: What is kept

    /// Reports the messages that are not published, with the first of each kind and who has not
    /// handled it.
    private func tellUnpublished(_ report: inout PurgeReport) throws {
        let waiting = try source.store.read {
            try Outbox($0).unpublishedByReason(sentUpTo: sentUpTo)
        }
        for (reason, count, first) in waiting {
            report.keep(
                PurgeHold(
                    source.name, .messages, reason, count: count,
                    message: MessageID(service: source.name, number: first),
                    holder: try subscriberWaitedFor(by: first)))
        }
    }

    /// The subscriber that an unpublished message waits for; nil when nobody receives it. One in
    /// trouble comes first.
    private func subscriberWaitedFor(by number: Int) throws -> String? {
        let trouble = try source.store.read { try Outbox($0).subscriberInTrouble(with: number) }
        if let trouble { return trouble.isEmpty ? nil : trouble }
        guard let message = try source.store.read({ try Outbox($0).message(number)?.message })
        else { return nil }
        for service in relay.services {
            let subscriber = try service.store.read { transaction in
                try service.subscribers.first {
                    try $0.accepts(message) && !Inbox(transaction).contains(message.id, for: $0.id)
                }
            }
            if let subscriber { return subscriber.id }
        }
        return nil
    }
}

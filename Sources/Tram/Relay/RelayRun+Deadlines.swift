/// Deadlines are met at the beginning of a pass, by the clocks of the stores: the relay itself has
/// none.
extension RelayRun {
    /// Lets subscribers act on messages that have not come in time, each in a transaction of its
    /// own.
    ///
    /// A message that is pending in some outbox has come, and is only to be delivered: its deadline
    /// is not enforced. Where an outbox cannot be read the message may be in it, so the deadline
    /// waits, too. What failed before in this run is passed over.
    ///
    /// The subscriber checks again in its own transaction whether it still waits, so a reply that
    /// was handled in the meantime, or a second relay, does no harm.
    ///
    /// - Parameters:
    ///   - advance: deadlines that pass within this time count as passed too. All of them are found
    ///     in one call, and in one page: the deadlines that the expiries set count from now, and
    ///     must not be met by the same advance.
    ///   - report: told of each expiry after its commit.
    func expire(_ advance: Duration, _ report: (RelayEvent) throws -> Void) throws {
        for (service, subscriber) in relay.timedSubscribers {
            let limit = advance > .zero ? Int.max : relay.chunk
            var time: Timestamp?
            var last: AwaitedMessage?
            repeat {
                let overdue = try availability.attempt(service.store) {
                    try $0.read { transaction in
                        let bound =
                            time
                            ?? (transaction.now + advance)
                        time = bound
                        return try subscriber.awaited(
                            overdueAt: bound, after: last, limit: limit, in: transaction)
                    }
                }
                for awaited in overdue ?? [] {
                    // If an outbox cannot be read, the message may be in it: the deadline waits.
                    guard !progress.failedDeadlines.contains(awaited),
                        try isPending(awaited) == false
                    else { continue }
                    let expiry = try availability.attempt(service.store) { _ in
                        try expire(awaited, of: subscriber, in: service)
                    }
                    guard let expiry = expiry ?? nil else { continue }
                    if expiry.isFailed { progress.failedDeadlines.insert(awaited) }
                    try report(.expired(expiry))
                }
                last = overdue?.count == limit ? overdue?.last : nil
            } while last != nil
        }
    }

    /// Lets one subscriber act, in a transaction with a savepoint. Its error, and a commit that the
    /// rows refuse, make a failed expiry; an error of the store ends the pass.
    ///
    /// - Returns: nil when there is nothing to be done any more.
    private func expire(
        _ awaited: AwaitedMessage, of subscriber: any TimedSubscriber, in service: Service
    ) throws -> Expiry? {
        func failed(_ error: any Error) -> Expiry {
            Expiry(
                subscriber: subscriber.id, effect: "\(awaited.description): \(error)",
                isFailed: true, published: [])
        }
        do {
            return try service.store.write { transaction in
                let outbox = Outbox(transaction)
                let newest = try outbox.highestNumber()
                let effect: String?
                do {
                    effect = try transaction.scoped {
                        try subscriber.expire(awaited, in: $0)
                    }
                } catch {
                    throw transaction.failure ?? HandlerFailure(cause: error)
                }
                guard let effect else { return nil }
                return Expiry(
                    subscriber: subscriber.id, effect: effect, isFailed: false,
                    published: try outbox.headings(after: newest))
            }
        } catch let failure as HandlerFailure {
            return failed(failure.cause)
        } catch let error as StoreError where error.isRefusedCommit {
            return failed(error)
        }
    }

    /// Whether an awaited message has come, and is only to be delivered. Any service may have sent
    /// it, so every outbox is asked: one look into an index for each.
    ///
    /// - Returns: nil when that is not known, because an outbox cannot be read.
    private func isPending(_ awaited: AwaitedMessage) throws -> Bool? {
        var isKnown = true
        if !awaited.canCome { return false }
        for service in services {
            let messages = try availability.attempt(service.store) {
                try $0.read {
                    try Outbox($0).unpublished(
                        destination: awaited.channel, partitionID: awaited.partitionID)
                }
            }
            if messages?.isEmpty == false { return true }
            if messages == nil { isKnown = false }
        }
        return isKnown ? false : nil
    }
}

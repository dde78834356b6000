extension Relay {
    /// Lets subscribers do what is to be done about messages that have not come in time: each in a
    /// transaction of its own. One that is pending in an outbox has come, and is only to be delivered.
    ///
    /// - Parameters:
    ///   - failed: what was tried in vain before, and is passed over.
    ///   - advance: deadlines that pass within this time count as passed too. All of them
    ///     are met in one call: the deadlines that come of them count from now.
    func expire(
        except failed: Set<AwaitedMessage>, advance: Duration, _ availability: Availability,
        report: (AwaitedMessage, Expiry) throws -> Void
    ) throws {
        for (service, subscriber) in timedSubscribers {
            let limit = advance > .zero ? Int.max : chunk
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
                    // Where an outbox cannot be read, the message may be in it.
                    guard !failed.contains(awaited), try isPending(awaited, availability) == false
                    else { continue }
                    let expiry = try availability.attempt(service.store) { _ in
                        try expire(awaited, of: subscriber, in: service)
                    }
                    if let expiry = expiry ?? nil { try report(awaited, expiry) }
                }
                last = overdue?.count == limit ? overdue?.last : nil
            } while last != nil
        }
    }

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

    /// - Returns: nil when that is not known, because an outbox cannot be read.
    private func isPending(
        _ awaited: AwaitedMessage, _ availability: Availability
    ) throws -> Bool? {
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

    private var timedSubscribers: [(service: Service, subscriber: any TimedSubscriber)] {
        services.flatMap { service in
            service.subscribers.compactMap { subscriber in
                (subscriber as? any TimedSubscriber).map { (service, $0) }
            }
        }
    }

    /// What subscribers wait for up to a deadline, in words: at most `limit` for each of them.
    public func deadlines(
        limit: Int, _ availability: Availability = Availability()
    ) throws -> [String] {
        try timedSubscribers.flatMap { service, subscriber in
            try availability.attempt(service.store) {
                try $0.read {
                    try subscriber.awaited(overdueAt: nil, after: nil, limit: limit, in: $0)
                }
            }?.map(\.description) ?? []
        }
    }
}

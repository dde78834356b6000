extension RelayRun {
    /// Counts a delivery that has ended a process as a failed attempt, and parks it when it has
    /// failed often enough.
    ///
    /// The failure is recorded where every other is, in the sender's store; the journal has
    /// forgotten the delivery by then. A sender that is away is not told: the attempt is lost, and
    /// the next fault counts.
    ///
    /// - Returns: whether the delivery is still to be made. The run then makes it after all others.
    func count(
        _ fatal: FatalDelivery
    ) throws -> Bool {
        guard let source = services.first(where: { $0.name == fatal.message.service }),
            let receiver = services.first(where: { service in
                service.subscribers.contains { $0.id == fatal.subscriber }
            })
        else { return false }
        try giveBack(fatal, at: receiver)
        let error = "its handler has ended the process (\(fatal.cause))"
        let isCounted = try availability.attempt(source.store) { store in
            try store.write { transaction in
                let outbox = Outbox(transaction)
                guard let entry = try outbox.message(fatal.message.number), !entry.isPublished
                else {
                    return false
                }
                let attempts = try outbox.recordFailure(
                    of: fatal.message, subscriber: fatal.subscriber, error: error)
                if parking.parks(after: attempts) {
                    try outbox.park(
                        entry.message, for: fatal.subscriber, attempts: attempts, error: error,
                        isTold: !parking.isToBeTold)
                }
                return true
            }
        }
        return isCounted ?? false
    }

    /// Lets go of a stashed message that ended the process when it was resumed: it is delivered by
    /// its own outbox from now on, and not within the delivery of another message, which would fail
    /// with it.
    private func giveBack(
        _ fatal: FatalDelivery, at receiver: Service
    ) throws {
        if let subscriber = receiver.stashing[fatal.subscriber] {
            _ = try availability.attempt(receiver.store) { store in
                try store.write { try subscriber.giveBack(fatal.message, in: $0) }
            }
        }
        try takeBackGivenBack()
    }
}

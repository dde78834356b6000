/// Bounded passes and single steps: what they take up, and in which order.
///
/// An unbounded pass takes up everything, so it can simply read each outbox from the front. A
/// bounded one must choose, or a few failing messages at the front would fill every pass.
extension RelayRun {
    /// Whether the first messages of the backlog are not simply the ones to take up: something has
    /// failed, in this run or before, or a service is away. Without trouble, a bounded pass is as
    /// cheap as a whole one.
    func mustChoose(_ bounds: Bounds) throws -> Bool {
        if !progress.order.isEmpty || hasUnavailable { return true }
        return try services.contains { source in
            guard bounds.source == nil || bounds.source == source.name else { return false }
            return try availability.attempt(source.store) {
                try $0.read { try Outbox($0).failedCount() > 0 }
            } ?? true
        }
    }

    /// Chooses what a bounded pass takes up, from all sources that it may read.
    func choose(
        _ bounds: Bounds, messages: Int, deliveries: Int = .max
    ) throws -> [ChosenMessage] {
        var choice = DeliveryChoice(
            relay, context, order: progress.order, messages: messages, deliveries: deliveries)
        for source in services where bounds.source == nil || bounds.source == source.name {
            try choice.look(at: source)
        }
        return choice.chosen
    }

    /// Makes the chosen deliveries, in their order. Neighbors that come from one source, and have
    /// failed equally often, share a chunk.
    func deliver(
        _ chosen: [ChosenMessage], _ bounds: Bounds, _ report: (RelayEvent) throws -> Void
    ) throws -> PassSummary {
        try tellUnavailable(report)
        let messages = Dictionary(grouping: chosen, by: \.message.id)
        var tally = try begin(
            PassPlan(
                number: progress.passes + 1, messages: messages.count,
                lastMessages: Dictionary(grouping: messages.keys, by: \.service).values
                    .compactMap { $0.max { $0.number < $1.number } },
                types: Set(chosen.map(\.message.type))), report)
        var touched: Set<MessageID> = []
        var rest = chosen[...]
        while let first = rest.first {
            if bounds.isInterrupted() { return try end(&tally, report, isInterrupted: true) }
            let group = rest.prefix(relay.chunk).prefix {
                $0.message.id.service == first.message.id.service && $0.attempts == first.attempts
            }
            let together = group.prefix(countTogether(group.map(\.message.id)))
            rest = rest.dropFirst(together.count)
            guard let source = services.first(where: { $0.name == first.message.id.service }),
                let chunk = try chunk(of: source, { _ in together.map(\.message) })
            else { continue }
            let made = try deliver(chunk, only: together.map(\.subscribers), &tally, report)
            touched.formUnion(made.map(\.message.id))
            tally.messages = touched.count
        }
        return try end(&tally, report)
    }
}

package import Tram
package import TramWorkbench

/// Prints what a relay does, while it does it: nothing is kept of a pass but its totals.
package final class RelayReporter<App: Application> {
    /// Whether to be silent of passes that have nothing to do.
    package var ignoresIdlePasses = false

    /// The first message that could not be delivered.
    package private(set) var firstFailed: MessageID?

    /// Whether what was to be done after a deadline could not be done.
    package private(set) var hasFailedDeadlines = false

    private let session: Session<App>
    private let isDryRun: Bool
    /// The first dead letters, for the text of an idle pass.
    private let deadLetters: () throws -> [DeadLetter]
    private let subscriberWidth: Int
    private var plan: PassPlan?
    /// The widths of the columns of the pass.
    private var idWidth = 0
    private var typeWidth = 0
    private var hasDeliveries = false
    private var lastIdle: PassSummary?
    private var duplicates = 0
    private var failed = 0
    /// The services that were away in any pass.
    private var unavailable: [String] = []
    /// The deadlines that have passed, for the end of the pass's JSON.
    private var expired: [String] = []

    package init(
        _ session: Session<App>, subscribers: [any Subscriber], isDryRun: Bool,
        deadLetters: @escaping () throws -> [DeadLetter]
    ) {
        self.session = session
        self.isDryRun = isDryRun
        self.deadLetters = deadLetters
        subscriberWidth = subscribers.map(\.id.count).max() ?? 0
    }

    package func report(_ event: RelayEvent) throws {
        switch event {
        case .expired(let expiry):
            expired.append(expiry.effect)
            if expiry.isFailed { hasFailedDeadlines = true }
            try session.output.write(description(of: expiry))
            try session.output.flush()
        case .unavailable(let service, let reason):
            unavailable.append(service)
            // JSON tells of it in each pass.
            if !session.isJSON { session.tellUnavailable(service, reason) }
        case .began(let plan):
            self.plan = plan
            idWidth = plan.lastMessages.map(\.description.count).max() ?? 0
            typeWidth = plan.types.map { escaped($0).count }.max() ?? 0
            hasDeliveries = false
            duplicates = 0
            failed = 0
            try session.output.write(beginning(plan))
        case .delivered(let delivery):
            try session.output.write(description(of: delivery))
            hasDeliveries = true
            if delivery.receipt.outcome == .duplicate { duplicates += 1 }
            if delivery.receipt.outcome == .failed {
                failed += 1
                firstFailed = firstFailed ?? delivery.message.id
            }
        case .ended(let summary):
            defer {
                plan = nil
                expired = []
            }
            if summary.isIdle { lastIdle = summary }
            // JSON tells of a deadline in its pass, also in one that delivers nothing.
            let tellsDeadlines = session.isJSON && !expired.isEmpty
            if summary.isIdle && ignoresIdlePasses && !tellsDeadlines { return }
            try session.output.write(ending(summary))
            try session.output.flush()
        }
    }

    /// Tells what will not move before its time. In JSON that is one more pass, which is idle.
    package func report(deadlines: [String]) throws {
        if session.isJSON, let lastIdle, !deadlines.isEmpty {
            let idle =
                PassDocument.opening(lastIdle.number, messages: 0)
                + PassDocument.closing(lastIdle, expired: expired).dropLast()
            try session.output.write(
                idle + ",\"waitingFor\":\(JSON.strings(deadlines).text)}\n")
        }
        if session.isJSON || session.isQuiet { return }
        for deadline in deadlines {
            try session.output.write("Waiting for a deadline: \(escaped(deadline))\n")
        }
    }

    /// Ends the report of a pass that an error has ended: what was delivered is told, and JSON is
    /// whole. How much is pending is not known then.
    package func abandon() throws {
        if plan != nil, session.isJSON {
            try session.output.write(
                PassDocument.closing(
                    duplicates: duplicates, failed: failed, pending: nil, isIdle: false,
                    unavailable: unavailable, parked: nil) + "\n")
        }
        try session.output.flush()
    }

    private func beginning(_ plan: PassPlan) -> String {
        if session.isJSON { return PassDocument.opening(plan.number, messages: plan.messages) }
        if session.isQuiet { return "" }
        return "Pass \(plan.number)\(isDryRun ? " (dry run: nothing is changed)" : "")\n"
    }

    private func description(of delivery: Delivery) -> String {
        if session.isJSON { return (hasDeliveries ? "," : "") + delivery.json.text }
        return session.isQuiet ? "" : lines(delivery)
    }

    private func description(of expiry: Expiry) -> String {
        if session.isJSON || session.isQuiet { return "" }
        let word = expiry.isFailed ? session.style.bad("failed") + " " : ""
        let published = expiry.published.map {
            "  " + session.style.notable("+") + "   \($0.id) \(escaped($0.type))\n"
        }
        return "Deadline: \(word)\(escaped(expiry.effect))\n" + published.joined()
    }

    private func ending(_ summary: PassSummary) throws -> String {
        if session.isJSON {
            let opening = plan == nil ? PassDocument.opening(summary.number, messages: 0) : ""
            return opening + PassDocument.closing(summary, expired: expired) + "\n"
        }
        return try totals(summary) + "\n"
    }

    // MARK: Text

    private func lines(_ delivery: Delivery) -> String {
        let id = rightPadded(delivery.message.id.description, idWidth)
        let type = rightPadded(escaped(delivery.message.type), typeWidth)
        let subscriber = rightPadded(delivery.subscriber ?? "-", subscriberWidth)
        let start = "  \(id) \(type)  -> \(subscriber)  "
        let indent = String(repeating: " ", count: start.count)

        var effects = effects(of: delivery)
        let first = effects.isEmpty ? "" : "  " + effects.removeFirst()
        var lines = [start + outcome(delivery.receipt.outcome) + first]
        lines += effects.map { indent + "    " + $0 }
        lines += delivery.receipt.published.map {
            indent + session.style.notable("+") + "   \($0.id) \(escaped($0.type))"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func outcome(_ outcome: DeliveryOutcome) -> String {
        switch outcome {
        case .handled: session.style.good("ok")
        case .failed, .parked: session.style.bad(outcome.rawValue)
        case .refused, .stashed, .ignored, .duplicate, .held, .unheard:
            session.style.notable(outcome.rawValue)
        }
    }

    private func effects(of delivery: Delivery) -> [String] {
        switch delivery.receipt.outcome {
        case .duplicate: ["it was handled before"]
        case .held where delivery.receipt.effects.isEmpty:
            ["an earlier message of the same aggregate has failed"]
        case .handled, .ignored, .refused, .stashed, .failed, .parked, .held, .unheard:
            delivery.receipt.effects.map(escaped)
        }
    }

    private func totals(_ summary: PassSummary) throws -> String {
        let parked = summary.parked == 0 ? "" : ", \(summary.parked) parked"
        let pending = counted(summary.pending, "message") + " pending\(parked)."
        if summary.isIdle {
            if summary.parked > 0, summary.unavailable.isEmpty {
                return "Nothing to deliver. \(pending.dropLast()): \(try parkedNames(summary))."
            }
            if !summary.unavailable.isEmpty {
                return
                    "Nothing to deliver without \(summary.unavailable.joined(separator: " and "))."
                    + " \(pending)"
            }
            return summary.pending == 0
                ? "Nothing to deliver: all outboxes are empty of pending messages."
                : "Nothing to deliver. \(pending)"
        }
        let counts = [
            counted(summary.messages, "message"),
            counted(summary.deliveries, "delivery", plural: "deliveries"),
            counted(summary.duplicates, "duplicate"),
            "\(summary.failed) failed",
            summary.held == 0 ? nil : "\(summary.held) held",
        ]
        return counts.compactMap { $0 }.joined(separator: ", ") + ". " + pending
    }

    private func parkedNames(_ summary: PassSummary) throws -> String {
        let letters = try deadLetters()
        let names = letters.map { "\($0.message.id) at \($0.subscriber ?? "-")" }
        let isAll = Set(letters.map(\.message.id)).count >= summary.parked
        return names.joined(separator: ", ") + (isAll ? "" : ", …")
    }
}

internal import Tram

/// What rows of the library's tables must hold by themselves.
struct RowAudit {
    let view: any Transaction

    /// The rows of the inbox whose outcome or whose handler's words cannot be read.
    func unreadableOutcomes() throws -> [String] {
        try view.rows(
            """
            SELECT consumer_id, message_id, outcome, effects FROM received_messages
            WHERE outcome IS NOT NULL OR effects IS NOT NULL
            ORDER BY consumer_id, message_id
            """
        ).compactMap { row in
            let (subscriber, message, outcome, effects): (String, String, String?, String?) =
                try row.values()
            let name = "\(subscriber) has handled \(message)"
            guard let outcome, let effects else {
                return "\(name), and half of what it said is gone"
            }
            let kept: [DeliveryOutcome] = [.handled, .ignored, .refused, .stashed]
            guard let word = DeliveryOutcome(rawValue: outcome), kept.contains(word) else {
                return "\(name) with the outcome '\(outcome)'"
            }
            let words = try? WireFormat.decode([String].self, from: effects)
            return words == nil ? "\(name), and said what cannot be read: '\(effects)'" : nil
        }
    }

    /// The subscriptions that cannot be, and those of subscribers that the program does not have.
    ///
    /// - Parameters:
    ///   - known: the ids of its subscribers, also the former ones.
    ///   - strange: what is said of another.
    func brokenSubscriptions(
        known: Set<String>, _ strange: (String) -> String
    ) throws -> [String] {
        try view.rows(
            """
            SELECT consumer_id, source,
                through_id < 0 OR creation_time < 0 OR coalesce(missed_after, 0) < 0
            FROM subscription ORDER BY consumer_id, source
            """
        ).compactMap { row in
            let (subscriber, source, isOdd): (String, String, Bool) = try row.values()
            let name = "'\(subscriber)' listens to \(source)"
            if !known.contains(subscriber) { return name + strange(subscriber) }
            return isOdd ? "\(name), and a number or a time of that is negative" : nil
        }
    }

    /// The payloads given to deliveries that are not JSON.
    func unreadableEdits() throws -> [String] {
        struct Anything: Decodable {
            init(from decoder: any Decoder) throws {}
        }
        return try view.rows(
            "SELECT message_id, consumer_id, payload FROM delivery_edit ORDER BY message_id"
        ).compactMap { row in
            let (number, subscriber, payload): (Int, String, String) = try row.values()
            if (try? WireFormat.decode(Anything.self, from: payload)) != nil { return nil }
            return "\(view.storeName):\(number) was edited for \(subscriber), and that is not JSON"
        }
    }

    /// What the store does not know of itself, and should.
    func halfIdentity() throws -> [String] {
        let identity = try Identities(view).own()
        return (identity.system == nil) == identity.members.isEmpty
            ? [] : ["the store of \(view.storeName) knows half of which system it belongs to"]
    }
}

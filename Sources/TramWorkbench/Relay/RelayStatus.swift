package import Tram

/// What waits for the relay, and for somebody's help.
package struct RelayStatus: Sendable {
    package let outboxes: [OutboxStatus]
    /// The sagas that will not move unless somebody helps.
    package let helpless: [HelplessSaga]
    /// What will not move before its time, in words.
    package let deadlines: [String]
    /// The services whose stores cannot be looked at.
    package var unavailable: [String] = []

    /// Whether nothing waits, as far as can be known: all stores were looked at.
    package var isIdle: Bool { pending == 0 && unavailable.isEmpty }
    /// How many messages are pending.
    package var pending: Int { outboxes.reduce(0) { $0 + $1.pending } }
    /// How many messages are parked for a subscriber.
    package var parked: Int { outboxes.reduce(0) { $0 + $1.parked } }
}

extension Workbench {
    /// What waits in each outbox that can be read, and who needs help.
    package func relayStatus(
        _ availability: Availability = Availability()
    ) throws -> RelayStatus {
        var status = RelayStatus(
            outboxes: try outboxStatus(availability),
            helpless: try helplessSagas(availability),
            deadlines: try relay.deadlines(limit: 100, availability))
        status.unavailable = stores.names.filter { !availability.includes($0) }
        return status
    }
}

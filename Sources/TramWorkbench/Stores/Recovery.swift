internal import Platform
package import Tram

extension Workbench {
    /// Goes on from a store that was put back by itself: see `Relay.accept`.
    package func accept(_ name: String) throws -> AcceptanceReport {
        try stores.withRelayLock {
            try relay.accept(service(name), incarnation: RandomText.make())
        }
    }

    /// Makes messages pending again that a subscriber has lost: see `Relay.redeliver`.
    package func redeliver(
        to subscriber: String, from first: MessageID?
    ) throws -> [(source: String, messages: Int)] {
        try stores.withRelayLock { try relay.redeliver(to: subscriber, from: first) }
    }
}

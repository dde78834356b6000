package import Tram

/// What a server's log is told, besides requests. None of it holds a message's payload.
package enum ServerEvent: Sendable {
    case deliveryFailed(Delivery)
    /// Somebody could not be told of a parked message, and why.
    case noticeFailed(String)
    /// The relay goes on without a service, and why.
    case serviceUnavailable(String, reason: String)
    /// The relay cannot deliver at present, and why.
    case relayFailed(String)
    case relayRecovered
    /// A request was answered with 500, and why: the client is told only that.
    case requestFailed(String)
    /// Something could not be measured, and why.
    case measurementFailed(String)
}

/// When a delivery that keeps failing is parked as a dead letter.
///
/// ```swift
/// let run = relay.run(parking: ParkingPolicy(maxAttempts: 3))
/// ```
///
/// Until then, the delivery is tried again in each run of the relay, and later messages of its
/// aggregate wait. A parked delivery is not tried again until an operator decides about it: see
/// ``Relay/retry(_:_:)``, ``Relay/edit(_:for:payload:)`` and ``Relay/discard(_:_:)``.
public struct ParkingPolicy: Hashable, Sendable {
    /// How many attempts a delivery has; 0 for any number. By default 5.
    public let maxAttempts: Int
    /// Whether somebody is to be told of every dead letter, by ``Relay/tellOfDeadLetters(_:_:)``.
    /// Dead letters that are parked while this is false are never told.
    public let isToBeTold: Bool

    /// A policy with these properties.
    ///
    /// - Precondition: `maxAttempts` is not negative.
    public init(maxAttempts: Int = 5, isToBeTold: Bool = false) {
        precondition(maxAttempts >= 0, "the number of attempts is not negative")
        self.maxAttempts = maxAttempts
        self.isToBeTold = isToBeTold
    }

    /// Nothing is parked: every delivery is tried again, however often it fails.
    public static var never: ParkingPolicy { ParkingPolicy(maxAttempts: 0) }

    /// Whether a delivery that has failed so often is parked now.
    func parks(after attempts: Int) -> Bool { maxAttempts > 0 && attempts >= maxAttempts }
}

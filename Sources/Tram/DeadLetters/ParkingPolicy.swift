/// When a delivery that has failed again and again is parked, as a dead letter.
public struct ParkingPolicy: Hashable, Sendable {
    /// After so many attempts; 0 means never.
    public let maxAttempts: Int
    /// Whether somebody is to be told of every dead letter: see ``Relay/tellOfDeadLetters(_:_:)``.
    public let isToBeTold: Bool

    /// A policy with these properties.
    public init(maxAttempts: Int = 5, isToBeTold: Bool = false) {
        precondition(maxAttempts >= 0, "the number of attempts is not negative")
        self.maxAttempts = maxAttempts
        self.isToBeTold = isToBeTold
    }

    /// Every delivery is tried again, however often it fails.
    public static var never: ParkingPolicy { ParkingPolicy(maxAttempts: 0) }

    func parks(after attempts: Int) -> Bool { maxAttempts > 0 && attempts >= maxAttempts }
}

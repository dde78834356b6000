public import ArgumentParser
public import Tram
internal import TramWorkbench

/// The options of whatever delivers messages, about those that fail again and again.
public struct ParkingOptions: ParsableArguments {
    /// `--max-attempts N`, as it was given.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Park a delivery after this many failed attempts; 0 never parks.", valueName: "n"))
    public var maxAttempts = "\(ParkingPolicy().maxAttempts)"

    /// `--on-parked COMMAND`.
    @Option(
        help: ArgumentHelp(
            "Run this once for each newly parked message, with its JSON on standard input.",
            valueName: "command"))
    public var onParked: String?

    public init() {}

    /// When a delivery is parked.
    ///
    /// - Throws: `Problem` when the number of attempts is none.
    public func policy() throws -> ParkingPolicy {
        ParkingPolicy(
            maxAttempts: try Input.count(maxAttempts, field: "max-attempts", isZeroAllowed: true),
            isToBeTold: onParked != nil)
    }
}

internal import ArgumentParser
internal import Presentation
internal import Tram

/// The options of whatever delivers messages, about those that fail again and again.
struct ParkingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Park a delivery after this many failed attempts; 0 never parks.", valueName: "n"))
    var maxAttempts = "\(ParkingPolicy().maxAttempts)"

    @Option(
        help: ArgumentHelp(
            "Run this once for each newly parked message, with its JSON on standard input.",
            valueName: "command"))
    var onParked: String?

    func policy() throws -> ParkingPolicy {
        ParkingPolicy(
            maxAttempts: try Input.count(maxAttempts, field: "max-attempts", isZeroAllowed: true),
            isToBeTold: onParked != nil)
    }
}

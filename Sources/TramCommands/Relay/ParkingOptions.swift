package import ArgumentParser
package import Tram
internal import TramWorkbench

/// The options of whatever delivers messages, about those that fail again and again.
package struct ParkingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Park a delivery after this many failed attempts; 0 never parks.", valueName: "n"))
    package var maxAttempts = "\(ParkingPolicy().maxAttempts)"

    @Option(
        help: ArgumentHelp(
            "Run this once for each newly parked message, with its JSON on standard input.",
            valueName: "command"))
    package var onParked: String?

    package init() {}

    package func policy() throws -> ParkingPolicy {
        ParkingPolicy(
            maxAttempts: try Input.count(maxAttempts, field: "max-attempts", isZeroAllowed: true),
            isToBeTold: onParked != nil)
    }
}

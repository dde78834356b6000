internal import CustomersAndOrders
internal import Presentation
internal import Tram

/// When the server's relays park a delivery, and who is told of it.
struct ServedParking: Sendable {
    var policy = ParkingPolicy()
    /// A command for each newly parked message; nil when there is none.
    var command: String?

    /// What tells of the dead letters of one run.
    ///
    /// - Parameter isInterrupted: asked while the command runs whether to end it.
    func notice(isInterrupted: @escaping () -> Bool) -> ParkedNotice? {
        command.map { ParkedNotice($0, isInterrupted: isInterrupted) }
    }

    /// Begins a run on a system's stores.
    func run(in system: CustomersAndOrders) -> RelayRun {
        system.relay.run(system.availability(), parking: policy, journal: system.journal)
    }
}

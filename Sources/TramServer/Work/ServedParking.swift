internal import CustomersAndOrders
internal import Tram
internal import TramWorkbench

/// When the server's relays park a delivery, and who tells of it.
struct ServedParking: Sendable {
    var policy = ParkingPolicy()
    /// Tells of newly parked messages; nil when nobody is to be told.
    var notices: NoticeLoop?

    /// Begins a run on a system's stores.
    func run(in system: CustomersAndOrders) -> RelayRun {
        system.relay.run(
            system.stores.availability(), parking: policy, journal: system.stores.journal)
    }
}

internal import Tram
internal import TramWorkbench

/// When the server's relays park a delivery, and who tells of it.
struct ServedParking: Sendable {
    var policy = ParkingPolicy()
    /// Tells of newly parked messages; nil when nobody is to be told.
    var notices: NoticeLoop?

    /// Begins a run on an application's stores.
    func run(in application: any Application) -> RelayRun {
        application.relay.run(
            application.stores.availability(), parking: policy, journal: application.stores.journal)
    }
}

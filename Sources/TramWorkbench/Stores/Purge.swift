package import Tram
internal import TramSQLite

extension Workbench {
    /// Frees what nobody needs any more: see `Relay.purge`.
    ///
    /// - Parameter isRehearsal: whether to undo it all in the end.
    package func purge(
        _ bounds: PurgeBounds = PurgeBounds(), isRehearsal: Bool = false,
        _ availability: Availability = Availability()
    ) throws -> PurgeReport {
        try stores.withRelayLock {
            try stores.openForWriting(availability)
            func purge() throws -> PurgeReport { try relay.purge(bounds, availability) }
            return isRehearsal ? try relay.rehearse(availability, purge) : try purge()
        }
    }
}

/// Which services are away, because their stores cannot be used at present. The others go on without
/// them: what is for them stays pending.
public final class Availability {
    /// Why a service is away, by its name.
    public private(set) var reasons: [String: StoreError] = [:]

    /// Called when a service is found to be away: whoever goes on without it may wait for the next as
    /// long as for this one.
    public var whenAway: () -> Void = {}

    /// Nobody is known to be away.
    public init() {}

    /// Whether the service is not known to be away.
    public func includes(_ service: String) -> Bool { reasons[service] == nil }

    /// Does something with a service's store, unless the service is away; an error that means that it
    /// is away is noted.
    ///
    /// - Returns: nil when it is away.
    public func attempt<Result>(
        _ store: any Store, _ body: (any Store) throws -> Result
    ) throws -> Result? {
        guard includes(store.name) else { return nil }
        do {
            return try body(store)
        } catch let error as StoreError where error.isUnavailability {
            reasons[store.name] = error
            whenAway()
            return nil
        }
    }

    /// Forgets who was away, so that everyone is tried again.
    func reset() {
        reasons = [:]
    }
}

/// Which services are away, because their stores cannot be used at present.
///
/// A system of several stores must not stop because one of them is missing. A relay therefore asks
/// every store through ``attempt(_:_:)``: an error that means "away" is noted here, and the other
/// services go on. What is for the absent service stays pending in the outboxes. Which errors mean
/// that a service is away is said by ``StoreError/isUnavailability``; every other error is thrown,
/// and stops the relay.
///
/// Once a service is away it stays away until the end of the run, or until
/// ``RelayRun/retryFailed()``. If it came back in the middle, it could get a message before an
/// earlier one that it has missed.
///
/// Not `Sendable`: it belongs to the run, and so to the thread that drives it.
///
/// ```swift
/// let availability = Availability()
/// let pending = try relay.pendingCount(availability)
/// for (service, reason) in availability.reasons {
///     print("\(service) was not counted: \(reason)")
/// }
/// ```
public final class Availability {
    /// Why each absent service is away, by the name of the service: the first error that its store
    /// gave.
    public private(set) var reasons: [String: StoreError] = [:]

    /// Called each time a service is found to be away, on the thread that found it.
    ///
    /// A program that bounds the time it waits for locks can start that bound anew here: whatever
    /// goes on without this service may still have to wait for the next one.
    public var whenAway: () -> Void = {}

    /// Begins with no service known to be away. Nothing is asked of a store yet.
    public init() {}

    /// Whether the service is not known to be away. A store that was not asked yet is taken for
    /// available.
    public func includes(_ service: String) -> Bool { reasons[service] == nil }

    /// Runs `body` with a service's store, unless the service is away.
    ///
    /// - Parameters:
    ///   - store: the store of the service; its name is the service's name.
    ///   - body: what to do with it. It is not called when the service is known to be away.
    /// - Returns: what `body` returns; nil when the service is away, or was found to be away now.
    /// - Throws: what `body` throws, except a ``StoreError`` whose ``StoreError/isUnavailability``
    ///   is true.
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

public import Tram

/// A choreographed saga, as an application declares it: no orchestrator tells the services what to do, each
/// reacts to the events of the others. All that follows from its first event has that event's correlation
/// id, and by this it is found.
///
/// A chain is named after what its first event is about: `Trip:7`.
///
/// ```swift
/// Chain("Trip", in: "trips", beginsWith: TripRequested.self) { id in
///     switch try trips.find(id)?.state {
///     case .requested: .running
///     case .confirmed: .completed
///     case .refused: .rolledBack
///     case nil: nil
///     }
/// }
/// ```
public struct Chain {
    /// What the chains of this kind are called; no type of orchestrated saga has the same name.
    public let type: String
    /// The service that publishes the first event, and knows where a chain stands.
    public let service: String
    let eventType: String
    let channel: String
    let state: (_ id: String) throws -> ChainState?

    /// Declares the chains that begin with an event. An aggregate publishes it once.
    ///
    /// - Parameters:
    ///   - state: where the chain of the aggregate with this id stands, as its service's rows tell; nil when
    ///     that is not known, or the event began no chain. It only reads.
    public init<Event: DomainEvent>(
        _ type: String, in service: String, beginsWith event: Event.Type,
        state: @escaping (_ id: String) throws -> ChainState?
    ) {
        self.type = type
        self.service = service
        eventType = event.eventType
        channel = event.channel.name
        self.state = state
    }
}

/// Where a saga stands, as the rows of its application tell.
public enum ChainState: Hashable, Sendable {
    /// It is not decided yet.
    case running
    /// It is decided, and others have still to hear of it before it has had its whole effect: what waits to
    /// be delivered is waited for.
    case settling
    /// All was done.
    case completed
    /// It was refused, and what had been done was undone.
    case rolledBack

    /// The state as it is told.
    package var word: String {
        switch self {
        case .running: "running"
        case .settling, .completed: "completed"
        case .rolledBack: "rolled-back"
        }
    }

    /// Whether there may still be something to do.
    var isUnderWay: Bool { self == .running || self == .settling }
}

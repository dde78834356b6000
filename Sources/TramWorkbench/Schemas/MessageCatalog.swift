/// The messages that an application's services tell one another, for tools and people of other systems.
///
/// What a message holds is found by decoding its type (see ``SchemaDescribed``), and who receives it by
/// asking the relay: neither is written a second time.
///
/// ```swift
/// static let messages = MessageCatalog(
///     title: "Trips", summary: "What three services tell one another to book a trip.",
///     [
///         .command(ReserveRoom.self, on: "hotel", from: "trips", "Reserve a room for a night."),
///         .reply(NoRoom.self, on: BookTrip.replyChannel, from: "hotel", "All rooms are taken."),
///     ])
/// ```
public struct MessageCatalog: Sendable {
    /// The name of the whole. For example `Customers and Orders`.
    let title: String
    /// What it is about, in a sentence or two.
    let summary: String
    let contracts: [MessageContract]
    /// The types that are described once, by their names, and referred to from messages.
    let components: [any (Decodable & Sendable).Type]

    /// - Parameters:
    ///   - title: the name of the whole.
    ///   - summary: what it is about, in a sentence or two.
    ///   - contracts: the messages, in the order in which they are told.
    ///   - components: types inside of messages that are described once, by their names.
    public init(
        title: String, summary: String, _ contracts: [MessageContract],
        components: [any (Decodable & Sendable).Type] = []
    ) {
        self.title = title
        self.summary = summary
        self.contracts = contracts
        self.components = components
    }
}

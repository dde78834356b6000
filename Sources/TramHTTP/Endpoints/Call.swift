public import Tram
internal import TramWorkbench

/// A request to an endpoint, admitted and taken apart.
public struct Call: Sendable {
    /// What stands in the places of the path, as it was sent.
    public let places: [String: String]
    /// The parameters of the query, as they were sent.
    public let query: [String: String]
    /// The body, as it was sent.
    public let body: [UInt8]
    /// The request's idempotency key, where the endpoint takes one.
    public let idempotencyKey: IdempotencyKey?

    /// The id that stands in a place of the path.
    ///
    /// - Throws: `Problem` when it is no positive whole number.
    public func id(_ place: String = "id") throws -> Int {
        try Input.id(places[place] ?? "", field: place)
    }
}

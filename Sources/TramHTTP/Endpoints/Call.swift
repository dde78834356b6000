package import Tram
internal import TramWorkbench

/// A request to an endpoint, admitted and taken apart.
package struct Call: Sendable {
    /// What stands in the places of the path, as it was sent.
    package let places: [String: String]
    /// The parameters of the query, as they were sent.
    package let query: [String: String]
    package let body: [UInt8]
    /// The request's idempotency key, where the endpoint takes one.
    package let idempotencyKey: IdempotencyKey?

    /// The id that stands in a place of the path.
    ///
    /// - Throws: `Problem` when it is no positive whole number.
    package func id(_ place: String = "id") throws -> Int {
        try Input.id(places[place] ?? "", field: place)
    }
}

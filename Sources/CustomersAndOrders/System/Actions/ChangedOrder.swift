package import Orders
package import Tram
package import TramWorkbench

/// An order that has just been created or cancelled.
package struct ChangedOrder: Sendable {
    package let order: Order
    /// The messages that tell of it, or set its saga going.
    package let published: [MessageHeading]

    package var json: JSON {
        .object(
            order.jsonMembers + [
                JSON.Member("published", .strings(published.map(\.id.description)))
            ])
    }
}

package import Tram

// What messages and their deliveries look like in JSON.

extension Delivery {
    package var json: JSON {
        [
            "message": .string(message.id.description),
            "type": .string(message.type),
            "from": .string(source),
            "to": .optional(subscriber),
            "outcome": .string(receipt.outcome.rawValue),
            "effects": .strings(receipt.effects),
            "published": .strings(receipt.published.map(\.id.description)),
        ]
    }
}

extension DeadLetter {
    private var jsonMembers: [JSON.Member] {
        [
            JSON.Member("message", .string(message.id.description)),
            JSON.Member("type", .string(message.type)),
            JSON.Member("from", .string(source)),
            JSON.Member("to", .optional(subscriber)),
            JSON.Member("attempts", .integer(attempts)),
            JSON.Member("error", .string(error)),
            JSON.Member("holds", .strings(holds.map(\.description))),
            JSON.Member("edited", .bool(edited != nil)),
        ]
    }

    /// An element of a list.
    package var json: JSON { .object(jsonMembers) }

    /// Which it is, and nothing else.
    package var jsonHeading: JSON { .object(Array(jsonMembers.prefix(4))) }

    /// The whole letter.
    ///
    /// - Parameter others: those of the same message at other subscribers.
    package func json(beside others: [DeadLetter]) -> JSON {
        .object(
            wholeMembers + [JSON.Member("others", .array(others.map(\.json)))])
    }

    /// The whole letter, alone.
    package var wholeJSON: JSON { .object(wholeMembers) }

    private var wholeMembers: [JSON.Member] {
        jsonMembers + [
            JSON.Member(
                "headers",
                .object(
                    // The time is never the same twice.
                    message.headers.filter { $0.key != MessageHeader.date }
                        .sorted { $0.key < $1.key }.map {
                            JSON.Member($0.key, .string($0.value))
                        })),
            JSON.Member("payload", .text(message.payload)),
            JSON.Member("editedPayload", edited.map(JSON.text) ?? .null),
        ]
    }
}

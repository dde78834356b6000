internal import Tram
internal import TramWorkbench

/// The header field with which a client names a request, so that it can repeat it (the Internet-Draft
/// "The Idempotency-Key HTTP Header Field").
enum IdempotencyKeyHeader {
    static let name = "Idempotency-Key"

    /// What the OpenAPI document says of it.
    static let summary =
        "Names this request. Repeated with the same key, it is not carried out again, and gets the "
        + "first answer; another request with the key is refused with 422. Quotes are part of "
        + "the value."

    static let schema: JSON = [
        "type": .string("string"),
        "minLength": .integer(IdempotencyKey.lengths.lowerBound),
        "maxLength": .integer(IdempotencyKey.lengths.upperBound),
        "pattern": .string("^[!-~]+$"),
    ]

    /// Reads the key of a request; nil when it has none.
    ///
    /// - Throws: ``Problem`` when it is not one, or there are several.
    static func read(_ head: RequestHead) throws -> IdempotencyKey? {
        let values = head.values(name.lowercased())
        guard values.count <= 1 else {
            throw Problem.invalid(
                .idempotencyKey, field: "idempotency-key", value: values.joined(separator: ", "),
                "one idempotency key", help: "send the header \(name) once")
        }
        return try values.first.map(Input.idempotencyKey)
    }

    /// Refuses a request with a key that nobody would remember.
    static func refuse(_ head: RequestHead) throws {
        guard let value = head.values(name.lowercased()).first else { return }
        throw Problem(
            code: .idempotencyKey,
            message: "a decision about a saga takes no idempotency key",
            reason: "Nothing was changed.",
            help: "send it without \(name); to be safe to repeat, a skip names the step and the "
                + "state: ?step=NAME&state=STATE",
            field: "idempotency-key", value: value)
    }
}

internal import Tram
package import TramWorkbench

extension JSONSchema {
    package static let boolean: JSON = ["type": .string("boolean")]

    /// What every application tells over HTTP: the schemas that others refer to by name.
    ///
    /// - Parameter codes: the codes of the application's own problems.
    static func operating(_ sagas: ServedSagas, _ codes: [Problem.Code]) -> [JSON.Member] {
        [
            JSON.Member(
                "Health",
                object([
                    "status": ["enum": .strings(["UP", "DOWN"])], "details": array(of: text),
                    "parked": count,
                ])),
            JSON.Member("Pass", pass),
            JSON.Member("RelayStatus", sagas.relayStatusSchema),
            JSON.Member("DeadLetter", object(deadLetter)),
            JSON.Member("WholeDeadLetter", wholeDeadLetter),
            JSON.Member(
                "DeadLetterDecision",
                array(
                    of: object([
                        "message": text, "type": text, "from": text, "to": optionalText,
                    ]))),
        ] + sagas.schemas + [
            JSON.Member(
                "Problem",
                object([
                    "type": text, "title": text, "status": count, "detail": text,
                    "code": ["enum": .strings((Problem.Code.common + codes).map(\.rawValue))],
                    "field": optionalText, "value": optionalText, "help": text,
                ])),
            JSON.Member("Purge", purge),
        ]
    }

    /// What waits in one outbox.
    package static let outboxStatus = object([
        "service": text, "pending": count, "failed": count,
        "next": optional(object(["message": text, "type": text])),
        "parked": count,
    ])

    private static let pass = object(
        [
            "pass": count, "messages": count, "deliveries": array(of: delivery),
            "duplicates": count, "failed": count, "pending": count,
            "idle": boolean, "unavailable": array(of: text),
            "parked": count, "expired": array(of: text),
        ], optional: ["expired"])

    private static let delivery = object([
        "message": text, "type": text, "from": text, "to": optionalText,
        "outcome": words(DeliveryOutcome.self),
        "effects": array(of: text), "published": array(of: text),
    ])

    private static let deadLetter: JSON = [
        "message": text, "type": text, "from": text, "to": optionalText, "attempts": count,
        "error": text, "holds": array(of: text), "edited": boolean,
    ]

    /// A dead letter with all that the message holds.
    private static var wholeDeadLetter: JSON {
        object(
            deadLetter.adding([
                JSON.Member(
                    "headers", ["type": .string("object"), "additionalProperties": text]),
                JSON.Member("payload", .bool(true)),
                JSON.Member("editedPayload", .bool(true)),
                JSON.Member("others", array(of: reference("DeadLetter"))),
            ]))
    }

    private static let purge = object([
        "dryRun": boolean, "messages": count, "handled": count, "sagas": count, "keys": count,
        "stores": array(
            of: object([
                "store": text, "messages": count, "handled": count, "sagas": count, "keys": count,
            ])),
        "kept": array(
            of: object([
                "store": text, "what": words(PurgeHold.Kind.self), "count": count,
                "reason": words(PurgeHold.Reason.self), "message": optionalText,
                "saga": optionalText, "at": optionalText,
            ])),
    ])
}

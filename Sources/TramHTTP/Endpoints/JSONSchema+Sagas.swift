package import TramWorkbench

// Sagas, what they wait for, and what is decided about them.
extension JSONSchema {
    /// A delivery that a saga waits for.
    package static let outstandingDelivery = object([
        "message": messageID, "type": text, "subscriber": text,
        "state": ["enum": .strings(["pending", "failed", "held", "parked", "stashed"])],
        "attempts": count, "behind": optional(messageID), "edited": boolean,
    ])

    /// A saga as `GET /sagas` tells it.
    ///
    /// - Parameter noun: what sagas are about, when users know them by the number of that.
    package static func saga(noun: String?) -> JSON {
        let name =
            noun.map { noun in
                [
                    JSON.Member("\(noun)Id", id),
                    JSON.Member("saga", ["enum": .strings(["choreography", "orchestration"])]),
                ]
            } ?? [JSON.Member("saga", text)]
        return object(JSON.object(name).adding(sagaDetails), optional: ["retryAt"])
    }

    private static let sagaDetails: [JSON.Member] = [
        JSON.Member("sagaType", optionalText), JSON.Member("sagaId", optionalText),
        JSON.Member(
            "state",
            [
                "enum": .strings([
                    "running", "compensating", "completed", "rolled-back", "failed", "stranded",
                    "damaged", "ended",
                ])
            ]), JSON.Member("step", optionalText),
        JSON.Member("waitingFor", array(of: reference("OutstandingDelivery"))),
        JSON.Member("messages", array(of: messageID)),
        JSON.Member(
            "steps",
            array(
                of: object(["name": text, "action": optionalText, "compensation": optionalText]))),
        JSON.Member(
            "log",
            array(
                of: object([
                    "event": text, "step": optionalText, "message": optionalText, "detail": text,
                    // The saga's own data, of any form.
                    "data": .bool(true),
                ]))),
        JSON.Member("stuck", boolean), JSON.Member("purged", boolean),
        JSON.Member("damage", array(of: text)), JSON.Member("version", optional(count)),
        JSON.Member("abandoned", boolean), retryAt,
    ]

    /// What a decision about a saga has done.
    static func decidedSaga(noun: String?) -> JSON {
        object(
            JSON.object([SagaName.jsonSchema(noun: noun)]).adding([
                JSON.Member("effects", array(of: text)),
                JSON.Member("published", array(of: text)),
            ]))
    }

    /// What waits for the relay, and for somebody's help.
    static func relayStatus(noun: String?) -> JSON {
        let name = noun.map { JSON.Member("\($0)Id", count) } ?? JSON.Member("saga", text)
        func saga(_ more: [JSON.Member]) -> JSON { object(.object([name] + more)) }
        return object([
            "outboxes": array(of: outboxStatus), "pending": count, "idle": boolean,
            "parked": count, "stuck": array(of: saga([])),
            "stranded": array(of: saga([JSON.Member("reason", text)])),
            "waitingFor": array(of: text),
            "failedSagas": array(of: saga([JSON.Member("step", optionalText)])),
            "unavailable": array(of: text),
        ])
    }

    /// A saga in a path: `TYPE:ID` or, where users know sagas by the number of what they are about, that.
    static func sagaName(noun: String?) -> JSON {
        [
            "type": .string("string"),
            "pattern": .string(noun == nil ? "^[^:]+:.+$" : "^([1-9][0-9]{0,17}|[^:]+:.+)$"),
        ]
    }

    /// It is there while a step waits to be tried again.
    package static let retryAt = JSON.Member(
        "retryAt", ["type": .string("string"), "format": .string("date-time")])
}

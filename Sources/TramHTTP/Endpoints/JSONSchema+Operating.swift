internal import Tram
internal import TramWorkbench

extension JSONSchema {
    /// What an application tells over HTTP: the schemas that others refer to by name. Those of its own come
    /// first; where it has one of the names of the others, that is the schema's place.
    static func components(of application: any HTTPApplication.Type) -> JSON {
        let own = application.schemas
        let names = Set(own.map(\.key))
        return .object(own + operating(application).filter { !names.contains($0.key) })
    }

    private static func operating(_ application: any HTTPApplication.Type) -> [JSON.Member] {
        let noun = application.sagaWords.noun
        let codes = Problem.Code.common + application.problemCodes
        let schemas: JSON = [
            "Health": object([
                "status": ["enum": .strings(["UP", "DOWN"])], "details": array(of: text),
                "parked": count,
            ]),
            "Pass": pass, "RelayStatus": relayStatus(noun: noun),
            "DeadLetter": object(deadLetter), "WholeDeadLetter": wholeDeadLetter,
            "DeadLetterDecision": array(
                of: object(["message": text, "type": text, "from": text, "to": optionalText])),
            "DecidedSaga": decidedSaga(noun: noun),
            "Problem": object([
                "type": text, "title": text, "status": count, "detail": text,
                "code": ["enum": .strings(codes.map(\.rawValue))],
                "field": optionalText, "value": optionalText, "help": text,
            ]),
            "Purge": purge, "OutstandingDelivery": outstandingDelivery,
            SagaEndpoints.schemaName(noun: noun): saga(noun: noun),
        ]
        if case .object(let members) = schemas { return members }
        return []
    }

    /// What waits in one outbox.
    static let outboxStatus = object([
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

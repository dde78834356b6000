internal import Tram

// What sagas look like in JSON, and what they wait for.

extension SagaStatus {
    package var json: JSON { members.adding(wait.jsonRetryMembers) }

    private var members: JSON {
        let name =
            name.number == nil ? [name.json] : [name.json, JSON.Member("saga", .string(kind))]
        return .object(name).adding(details)
    }

    private var details: [JSON.Member] {
        let details: JSON = [
            "sagaType": .optional(isOrchestrated ? reference.type : nil),
            "sagaId": .optional(isOrchestrated ? reference.id : nil),
            "state": .string(state),
            "step": .optional(step),
            "waitingFor": .array(wait.deliveries.map(\.json)),
            "messages": .strings(messages.map(\.id.description)),
            "steps": .array(
                (definition?.steps ?? []).map {
                    [
                        "name": .string($0.name), "action": .optional($0.action?.description),
                        "compensation": .optional($0.compensation?.description),
                    ]
                }),
            "log": .array(
                log.map { entry in
                    [
                        "event": .string(entry.event.rawValue),
                        "step": .optional(entry.step),
                        "message": .optional(entry.message?.description),
                        "detail": .string(entry.detail),
                        "data": .text(entry.data),
                    ]
                }),
            "stuck": .bool(wait.isStuck),
            "purged": .bool(isPurged),
            "damage": .strings(damage),
            "version": version.map { .integer($0) } ?? .null,
            "abandoned": .bool(isAbandoned),
        ]
        if case .object(let members) = details { return members }
        return []
    }
}

extension SagaWait {
    /// When something is tried again; nothing when that is not what is waited for.
    package var jsonRetryMembers: [JSON.Member] {
        [retry].compactMap { $0.map { JSON.Member("retryAt", .string($0.at.rfc3339)) } }
    }
}

extension OutstandingDelivery {
    package var json: JSON {
        [
            "message": .string(message.id.description), "type": .string(message.type),
            "subscriber": .string(subscriber),
            "state": .string(state.word), "attempts": .integer(state.attempts),
            "behind": .optional(state.behind?.description), "edited": .bool(isEdited),
        ]
    }
}

extension DecidedSaga {
    package var jsonMembers: [JSON.Member] {
        [
            name.json,
            JSON.Member("effects", .strings(effects)),
            JSON.Member("published", .strings(published.map(\.id.description))),
        ]
    }

    package var json: JSON { .object(jsonMembers) }
}

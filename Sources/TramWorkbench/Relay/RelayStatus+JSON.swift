internal import Tram

extension RelayStatus {
    package var json: JSON {
        func named(_ json: (HelplessSaga) -> [JSON.Member]?) -> JSON {
            .array(
                helpless.compactMap { saga in
                    json(saga).map { .object([saga.name.json] + $0) }
                })
        }
        return [
            "outboxes": .array(outboxes.map(\.json)), "pending": .integer(pending),
            "idle": .bool(isIdle), "parked": .integer(parked),
            "stuck": named { $0.need == .stuck ? [] : nil },
            "stranded": named {
                guard case .stranded(let reason) = $0.need else { return nil }
                return [JSON.Member("reason", .string(reason))]
            },
            "waitingFor": .strings(deadlines),
            // Beside this, "failed" is a number of messages.
            "failedSagas": named {
                guard case .failed(let step) = $0.need else { return nil }
                return [JSON.Member("step", .optional(step))]
            },
            "unavailable": .strings(unavailable),
        ]
    }
}

extension OutboxStatus {
    fileprivate var json: JSON {
        [
            "service": .string(service),
            "pending": .integer(pending),
            "failed": .integer(failed),
            "next": next.map {
                ["message": .string($0.id.description), "type": .string($0.type)]
            } ?? .null,
            "parked": .integer(parked),
        ]
    }
}

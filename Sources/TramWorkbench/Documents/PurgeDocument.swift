package import Tram

// What a purge is told as in JSON.

extension PurgeReport {
    /// - Parameter isDryRun: whether nothing was changed.
    package func json(isDryRun: Bool) -> JSON {
        func sum(_ kind: KeyPath<Freed, Int>) -> JSON {
            .integer(freed.reduce(0) { $0 + $1[keyPath: kind] })
        }
        return [
            "dryRun": .bool(isDryRun),
            "messages": sum(\.messages), "handled": sum(\.handled), "sagas": sum(\.sagas),
            "keys": sum(\.keys),
            "stores": .array(
                freed.map {
                    [
                        "store": .string($0.service), "messages": .integer($0.messages),
                        "handled": .integer($0.handled), "sagas": .integer($0.sagas),
                        "keys": .integer($0.keys),
                    ]
                }),
            "kept": .array(holds.map(\.json)),
        ]
    }
}

extension PurgeHold {
    package var json: JSON {
        [
            "store": .string(service), "what": .string(what.rawValue), "count": .integer(count),
            "reason": .string(reason.rawValue), "message": .optional(message?.description),
            "saga": .optional(saga?.description), "at": .optional(holder),
        ]
    }
}

package import Tram

// What is told of stores in JSON.

extension StoreStatus {
    package var json: JSON {
        [
            "store": .string(name),
            "file": .string(path),
            "messages": .integer(messages),
            "pending": .integer(pending),
            "failed": .integer(failed),
            "purged": .integer(purged),
            "handled": .integer(handled),
            "system": .optional(identity.system),
            "incarnation": .string(identity.incarnation),
            "parked": .integer(parked),
        ]
    }
}

extension SystemCheck {
    package var json: JSON {
        [
            "checks": .array(
                results.map {
                    [
                        "rule": .string($0.rule), "ok": .bool($0.violations.isEmpty),
                        "violations": .strings($0.violations),
                        "consequences": .strings($0.consequences),
                    ]
                }),
            "violations": .integer(violations),
            "ok": .bool(violations == 0),
            "skipped": .array(
                skipped.map { ["rule": .string($0.rule), "reason": .string($0.reason)] }),
            "failed": .array(
                failed.map {
                    [
                        "message": .string($0.message.id.description),
                        "type": .string($0.message.type),
                        "to": .optional($0.subscriber),
                        "attempts": .integer($0.failure.attempts),
                        "error": .string($0.failure.error),
                    ]
                }),
            "parked": .array(parked.map(\.json)),
        ]
    }
}

extension AcceptanceReport {
    package var json: JSON {
        [
            "store": .string(service), "changed": .bool(!isUnchanged),
            "counters": .object(
                raised.sorted { $0.key < $1.key }.map {
                    JSON.Member(
                        $0.key, ["from": .integer($0.value.from), "to": .integer($0.value.to)])
                }),
            "renumbered": .array(
                renumbered.map {
                    [
                        "from": .string($0.from.description), "to": .string($0.to.description),
                    ]
                }),
            "reused": .strings(reused.map(\.description)),
        ]
    }
}

package import Tram
package import TramWorkbench

/// What is told over HTTP of an application's sagas, and of what waits for its relay.
package struct ServedSagas: Sendable {
    /// Their list, one of them, and what can be decided about them.
    let endpoints: [AnyEndpoint]
    /// The schemas to which these refer, beside those of the application.
    let schemas: [JSON.Member]
    /// The schema of ``relayStatus``.
    let relayStatusSchema: JSON
    /// What waits in each outbox that can be read, and the sagas that need help, as the command
    /// `relay status --json` tells it.
    let relayStatus: @Sendable (any Application, Availability) throws -> JSON
    /// How many sagas of the stores that can be read need help, by what they need.
    let needs: @Sendable (any Application, Availability) throws -> [(need: String, sagas: Int)]

    package init<App: HTTPApplication>(
        of application: App.Type, endpoints: [Endpoint<App>], schemas: [JSON.Member],
        relayStatusSchema: JSON,
        relayStatus: @escaping @Sendable (App, Availability) throws -> JSON,
        needs: @escaping @Sendable (App, Availability) throws -> [(need: String, sagas: Int)]
    ) {
        self.endpoints = endpoints.map(\.erased)
        self.schemas = schemas
        self.relayStatusSchema = relayStatusSchema
        self.relayStatus = { try relayStatus(typed($0), $1) }
        self.needs = { try needs(typed($0), $1) }
    }

    /// What can be told of an application that says nothing of its sagas.
    package static let none = ServedSagas()

    private init() {
        endpoints = []
        schemas = []
        relayStatusSchema = JSONSchema.object([
            "outboxes": JSONSchema.array(of: JSONSchema.outboxStatus),
            "pending": JSONSchema.count, "idle": JSONSchema.boolean, "parked": JSONSchema.count,
            "waitingFor": JSONSchema.array(of: JSONSchema.text),
            "unavailable": JSONSchema.array(of: JSONSchema.text),
        ])
        relayStatus = { application, availability in
            let outboxes = try application.workbench.outboxStatus(availability)
            let deadlines = try application.relay.deadlines(limit: 100, availability)
            let unavailable = application.stores.names.filter { !availability.includes($0) }
            let pending = outboxes.reduce(0) { $0 + $1.pending }
            return [
                "outboxes": .array(outboxes.map(\.json)), "pending": .integer(pending),
                "idle": .bool(pending == 0 && unavailable.isEmpty),
                "parked": .integer(outboxes.reduce(0) { $0 + $1.parked }),
                "waitingFor": .strings(deadlines), "unavailable": .strings(unavailable),
            ]
        }
        needs = { _, _ in [] }
    }
}

extension OutboxStatus {
    fileprivate var json: JSON {
        [
            "service": .string(service), "pending": .integer(pending), "failed": .integer(failed),
            "next": next.map {
                ["message": .string($0.id.description), "type": .string($0.type)]
            } ?? .null,
            "parked": .integer(parked),
        ]
    }
}

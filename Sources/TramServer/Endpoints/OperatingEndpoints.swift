internal import CustomersAndOrders
internal import Presentation
internal import Tram

/// What every service answers besides its own: how it is, what it has measured, what it can be asked,
/// and the relay's next pass.
struct OperatingEndpoints: Sendable {
    let metrics: Metrics
    let relay: RelayLoop?

    /// These endpoints beside those of a service, and the document about all of them.
    func all(besides own: [Endpoint], title: String, asksForToken: Bool) -> [Endpoint] {
        let described = own + [health, measurements, runRelay]
        let document = OpenAPI.document(
            of: title, described + [documentation(nil)], asksForToken: asksForToken)
        return described + [documentation(document)]
    }

    /// - Parameter document: the document itself; nil where only its endpoint is to be described.
    private func documentation(_ document: JSON?) -> Endpoint {
        Endpoint(
            method: .get, path: "/openapi.json", name: "getOpenAPI", summary: "This document.",
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "An OpenAPI 3.1 document.",
                    schema: ["type": .string("object")])
            ]
        ) { _, _ in .json(document ?? .null) }
    }

    private var health: Endpoint {
        Endpoint(
            method: .get, path: "/actuator/health", name: "getHealth",
            summary: "Whether the service can do its work.", worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "It can.", schema: JSONSchema.reference("Health")),
                AnswerDescription(
                    status: 503, summary: "It cannot, and why.",
                    schema: JSONSchema.reference("Health")),
            ]
        ) { _, system in
            var details: [String] = []
            do {
                _ = try system.relay.pendingCount()
            } catch {
                details.append(Problem(error).message)
            }
            if let problem = relay?.problem { details.append("the relay: \(problem)") }
            return .json(
                [
                    "status": .string(details.isEmpty ? "UP" : "DOWN"),
                    "details": .strings(details),
                ], status: details.isEmpty ? 200 : 503)
        }
    }

    private var measurements: Endpoint {
        Endpoint(
            method: .get, path: "/metrics", name: "getMetrics",
            summary: "Measurements of this process, for Prometheus.", worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "Prometheus' text format.", mediaType: "text/plain",
                    schema: JSONSchema.text)
            ]
        ) { _, system in
            for service in system.relay.services {
                let (backlog, failed) = try service.store.read {
                    (try Outbox($0).unpublishedCount(), try Outbox($0).failedCount())
                }
                metrics.set(.backlog, ["outbox": service.name], to: backlog)
                metrics.set(.failed, ["outbox": service.name], to: failed)
            }
            metrics.set(.leader, to: relay == nil ? 0 : 1)
            return Answer(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: .text(metrics.text))
        }
    }

    /// How many messages a pass takes up that is asked for over HTTP: its report is held in memory.
    private static let messagesPerPass = 1000

    private var runRelay: Endpoint {
        Endpoint(
            method: .post, path: "/relay/run", name: "runRelay",
            summary: "Make one pass of the relay over at most \(Self.messagesPerPass) messages, "
                + "or one delivery, and tell what was done.",
            worker: .relay,
            query: [
                QueryParameter(
                    name: "step", summary: "1 makes one delivery only.",
                    schema: [
                        "type": .string("integer"), "enum": .array([.integer(0), .integer(1)]),
                    ]
                )
            ],
            answers: [
                AnswerDescription(
                    status: 200, summary: "What was done, as `tram relay run --json` tells it.",
                    schema: JSONSchema.reference("Pass"))
            ]
        ) { call, system in
            let isStep = try Self.isStep(call)
            do {
                return .json(try Self.run(system, isStep: isStep))
            } catch {
                throw Problem.amidWork(error)
            }
        }
    }

    private static func isStep(_ call: Call) throws -> Bool {
        let value = call.query["step"] ?? "0"
        guard value == "0" || value == "1" else {
            throw Problem.invalid(.query, field: "step", value: value, "0 or 1")
        }
        return value == "1"
    }

    private static func run(_ system: CustomersAndOrders, isStep: Bool) throws -> JSON {
        try system.withoutRelay {
            try system.openAllForWriting()
            var deliveries: [JSON] = []
            var expired: [String] = []
            func note(_ event: RelayEvent) {
                if case .delivered(let delivery) = event { deliveries.append(delivery.json) }
                if case .expired(let expiry) = event { expired.append(expiry.effect) }
            }
            let run = system.relay.run()
            let bounds = RelayRun.Bounds(messages: messagesPerPass)
            let summary =
                isStep ? try run.step(bounds, report: note) : try run.pass(bounds, report: note)
            return summary.json(deliveries: deliveries, expired: expired)
        }
    }
}

internal import CustomersAndOrders
internal import Presentation
internal import Tram
internal import TramWorkbench

/// What every service answers besides its own: how it is, what it has measured, what it can be asked,
/// and the relay's next pass.
struct OperatingEndpoints: Sendable {
    let metrics: Metrics
    /// The relay inside the server; nil when it waits to be asked.
    let relay: RelayLoop?
    /// When a pass that is asked for over HTTP parks a delivery.
    let parking: ServedParking
    let report: @Sendable (ServerEvent) -> Void

    /// These endpoints beside those of a service, and the document about all of them.
    func all(besides own: [Endpoint], title: String, asksForToken: Bool) -> [Endpoint] {
        let described =
            own + [health, measurements, relayStatus, runRelay] + DeadLetterEndpoints.all
            + SagaEndpoints.all
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
        ) { _ in { _ in .json(document ?? .null) } }
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
        ) { _ in
            { system in
                var details: [String] = []
                var parked = 0
                for service in system.relay.services {
                    do {
                        parked += try service.store.read { transaction in
                            let outbox = Outbox(transaction)
                            _ = try outbox.highestNumber()
                            return try outbox.parkedCount()
                        }
                    } catch {
                        // Paths and the like are for the log.
                        let problem = Problem(error, of: CustomersAndOrders.self)
                        report(.requestFailed(problem.detail))
                        details.append("\(service.name) store: \(problem.code.rawValue)")
                    }
                }
                if let problem = relay?.problem { details.append("relay: \(problem.rawValue)") }
                return .json(
                    [
                        "status": .string(details.isEmpty ? "UP" : "DOWN"),
                        "details": .strings(details), "parked": .integer(parked),
                    ], status: details.isEmpty ? 200 : 503)
            }
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
        ) { _ in
            { system in
                for outbox in try system.workbench.outboxStatus() {
                    metrics.set(.backlog, ["outbox": outbox.service], to: outbox.pending)
                    metrics.set(.failed, ["outbox": outbox.service], to: outbox.failed)
                    metrics.set(.parked, ["outbox": outbox.service], to: outbox.parked)
                }
                let delivers = relay.map { $0.problem == nil } ?? false
                metrics.set(.leader, to: delivers ? 1 : 0)
                return Answer(
                    status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: .text(metrics.text))
            }
        }
    }

    private var relayStatus: Endpoint {
        Endpoint(
            method: .get, path: "/relay/status", name: "getRelayStatus",

            summary: "What waits in each outbox, and the sagas that need help, as "
                + "`tram relay status --json` tells it.",
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "The outboxes, in the order of the relay.",
                    schema: JSONSchema.reference("RelayStatus"))
            ]
        ) { _ in { .json(try $0.workbench.relayStatus().json) } }
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
        ) { call in
            let isStep = try Self.isStep(call)
            return { system in
                do {
                    return try run(system, isStep: isStep)
                } catch {
                    throw Problem.amidWork(error, of: CustomersAndOrders.self)
                }
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

    private func run(_ system: CustomersAndOrders, isStep: Bool) throws -> Answer {
        try system.stores.withRelayLock {
            var deliveries: [String] = []
            var expired: [String] = []
            var watch = DeliveryWatch(metrics: metrics, report: report)
            func note(_ event: RelayEvent) {
                watch.note(event)
                if case .delivered(let delivery) = event { deliveries.append(delivery.json.text) }
                if case .expired(let expiry) = event { expired.append(expiry.effect) }
            }
            let run = parking.run(in: system)
            let bounds = RelayRun.Bounds(messages: Self.messagesPerPass)
            let summary =
                isStep ? try run.step(bounds, report: note) : try run.pass(bounds, report: note)
            if summary.newlyParked > 0 { parking.notices?.wake() }
            let text =
                PassDocument.opening(summary.number, messages: summary.messages)
                + deliveries.joined(separator: ",")
                + PassDocument.closing(summary, expired: expired)
            return Answer(status: 200, contentType: "application/json", body: .text(text))
        }
    }
}

internal import Tram
internal import TramWorkbench

/// What every service answers besides its own: how it is, what it has measured, what it can be asked,
/// and the relay's next pass.
struct OperatingEndpoints: Sendable {
    let application: any HTTPApplication.Type
    let gauges: [AnyGauge]
    let metrics: Metrics
    private let census = SagaCensus()
    /// The relay inside the server; nil when it waits to be asked.
    let relay: RelayLoop?
    /// When a pass that is asked for over HTTP parks a delivery.
    let parking: ServedParking
    let report: @Sendable (ServerEvent) -> Void

    /// - Parameter parking: when a pass that is asked for over HTTP parks a delivery.
    init<App: HTTPApplication>(
        of application: App.Type, metrics: Metrics, relay: RelayLoop?, parking: ServedParking,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) {
        self.application = application
        gauges = App.gauges.map(\.erased)
        self.metrics = metrics
        self.relay = relay
        self.parking = parking
        self.report = report
    }

    /// These endpoints beside those of a service, and the document about all of them.
    func all(besides service: AnyHTTPService, asksForToken: Bool) -> [AnyEndpoint] {
        let described =
            service.endpoints + [health, measurements, relayStatus, runRelay]
            + DeadLetterEndpoints.all + SagaEndpoints(application: application).all
        let names = described.map { "\($0.method.rawValue) \($0.path)" }
        precondition(
            Set(names).count == names.count,
            "two endpoints for the same method and path, maybe one of the workbench's: \(names)")
        let purge = PurgeEndpoint(application: application, metrics: metrics).endpoint
        let document = OpenAPI.document(
            of: service, version: application.version, described + [documentation(nil), purge],
            schemas: JSONSchema.components(of: application),
            asksForToken: asksForToken)
        return described + [documentation(document), purge]
    }

    /// - Parameter document: the document itself; nil where only its endpoint is to be described.
    private func documentation(_ document: JSON?) -> AnyEndpoint {
        AnyEndpoint(
            method: .get, path: "/openapi.json", name: "getOpenAPI", summary: "This document.",
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "An OpenAPI 3.1 document.",
                    schema: ["type": .string("object")])
            ]
        ) { _ in { _ in .json(document ?? .null) } }
    }

    private var health: AnyEndpoint {
        AnyEndpoint(
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
            { application in
                var details: [String] = []
                var parked = 0
                for service in application.relay.services {
                    do {
                        parked += try service.store.read { transaction in
                            let outbox = Outbox(transaction)
                            _ = try outbox.highestNumber()
                            return try outbox.parkedCount()
                        }
                    } catch {
                        // Paths and the like are for the log.
                        let problem = Problem(error, of: type(of: application))
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

    private var measurements: AnyEndpoint {
        AnyEndpoint(
            method: .get, path: "/metrics", name: "getMetrics",
            summary: "Measurements of this process, for Prometheus.", worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "Prometheus' text format.", mediaType: "text/plain",
                    schema: JSONSchema.text)
            ]
        ) { _ in
            { application in
                var scrape = Scrape(of: application, report: report)
                scrape.addOutboxes()
                scrape.addSagas(census)
                scrape.add(gauges)
                scrape.add(isLeader: relay.map { $0.problem == nil } ?? false)
                return Answer(
                    status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: .text(metrics.text(with: scrape.readings)))
            }
        }
    }

    private var relayStatus: AnyEndpoint {
        AnyEndpoint(
            method: .get, path: "/relay/status", name: "getRelayStatus",
            summary: "What waits in each outbox, and the sagas that need help, as "
                + "`\(application.name) relay status --json` tells it.",
            worker: .reader,
            answers: [
                AnswerDescription(
                    status: 200, summary: "The outboxes, in the order of the relay.",
                    schema: JSONSchema.reference("RelayStatus"))
            ]
        ) { _ in
            { application in
                let availability = application.stores.availability()
                return .json(try application.workbench.relayStatus(availability).json)
            }
        }
    }

    /// How many messages a pass takes up that is asked for over HTTP: its report is held in memory.
    private static let messagesPerPass = 1000

    private var runRelay: AnyEndpoint {
        AnyEndpoint(
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
                    status: 200,
                    summary: "What was done, as `\(application.name) relay run --json` "
                        + "tells it.",
                    schema: JSONSchema.reference("Pass"))
            ]
        ) { call in
            let isStep = try Self.isStep(call)
            return { application in
                do {
                    return try run(application, isStep: isStep)
                } catch {
                    throw Problem.amidWork(error, of: type(of: application))
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

    private func run(_ application: any Application, isStep: Bool) throws -> Answer {
        try application.stores.withRelayLock {
            var deliveries: [String] = []
            var expired: [String] = []
            var watch = DeliveryWatch(metrics: metrics, report: report)
            func note(_ event: RelayEvent) {
                watch.note(event)
                if case .delivered(let delivery) = event { deliveries.append(delivery.json.text) }
                if case .expired(let expiry) = event { expired.append(expiry.effect) }
            }
            let run = parking.run(in: application)
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

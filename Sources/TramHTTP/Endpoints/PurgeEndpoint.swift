internal import Tram
internal import TramWorkbench

/// The purge over HTTP, as the command `store purge` does it.
struct PurgeEndpoint: Sendable {
    let application: any Application.Type
    let metrics: Metrics

    var endpoint: AnyEndpoint {
        AnyEndpoint(
            method: .post, path: "/purge", name: "purge",
            summary:
                "Free what nobody needs any more, and tell who holds the rest. If a request ends "
                + "before the work does, the rest of it is done all the same.",
            worker: .relay, query: query,
            answers: [
                AnswerDescription(
                    status: 200, summary: "What was freed, and what was kept.",
                    schema: JSONSchema.reference("Purge")),
                .problem(404, "There is no such service."),
                .problem(409, "A service of the system is not connected; nothing was changed."),
            ]
        ) { call in
            let bounds = try Self.bounds(call)
            let isDryRun = try Self.isDryRun(call)
            return { try purge($0, bounds, isDryRun: isDryRun) }
        }
    }

    private var query: [QueryParameter] {
        [
            QueryParameter(
                name: "olderThan",
                summary: "Only what is at least this old, for example 12h or 7d; else of any age. "
                    + "With it idempotency keys are freed, too.",
                schema: [
                    "type": .string("string"), "pattern": .string("^[0-9]{1,7}(ms|s|m|h|d)$"),
                ]),
            QueryParameter(
                name: "dryRun", summary: "true tells what would be freed, and changes nothing.",
                schema: ["enum": .strings(["true", "false"])]),
            QueryParameter(
                name: "service", summary: "Only this service's store.",
                schema: ["enum": .strings(application.definitions.map(\.name))]),
        ]
    }

    private static func bounds(_ call: Call) throws -> PurgeBounds {
        PurgeBounds(
            olderThan: try call.query["olderThan"].map {
                .milliseconds(try Input.duration($0, field: "olderThan"))
            }, service: call.query["service"])
    }

    private static func isDryRun(_ call: Call) throws -> Bool {
        let value = call.query["dryRun"] ?? "false"
        guard value == "true" || value == "false" else {
            throw Problem.invalid(.query, field: "dryRun", value: value, "true or false")
        }
        return value == "true"
    }

    private func purge(
        _ application: any Application, _ bounds: PurgeBounds, isDryRun: Bool
    ) throws -> Answer {
        let names = application.stores.names
        if let service = bounds.service, !names.contains(service) {
            throw Problem(
                code: .serviceNotFound, message: "there is no service '\(service)'",
                reason: "Nothing was changed.",
                help: "choose one of: \(names.joined(separator: ", "))", field: "service",
                value: service)
        }
        let availability = application.stores.availability()
        let report: PurgeReport
        do {
            report = try application.workbench.purge(
                bounds, isRehearsal: isDryRun, availability)
        } catch {
            throw isDryRun ? error : Problem.amidWork(error, of: type(of: application))
        }
        // An answer of nothing would look as if there were nothing to free.
        if let away = names.lazy.compactMap({ availability.reasons[$0] }).first { throw away }
        guard report.missing.isEmpty else {
            throw Problem(
                code: .notPossible,
                message: "this program does not connect \(report.missing.joined(separator: ", "))",
                reason:
                    "A service that is not here may need all that there is. Nothing was changed.",
                help: "purge with the program that connects all services")
        }
        if !isDryRun { count(report) }
        return .json(report.json(isDryRun: isDryRun))
    }

    private func count(_ report: PurgeReport) {
        let kinds: [(String, KeyPath<PurgeReport.Freed, Int>)] = [
            ("messages", \.messages), ("handled", \.handled), ("sagas", \.sagas), ("keys", \.keys),
        ]
        for store in report.freed {
            for (kind, path) in kinds where store[keyPath: path] > 0 {
                metrics.count(
                    .purged, ["store": store.service, "kind": kind], by: store[keyPath: path])
            }
        }
    }
}

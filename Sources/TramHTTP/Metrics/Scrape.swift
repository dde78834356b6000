internal import Tram
internal import TramWorkbench

/// What is measured anew each time somebody asks for the metrics. Whatever cannot be read is left out, and
/// told: as a service that is not available, or in the log.
struct Scrape {
    /// A value of a gauge.
    struct Reading {
        let metric: Metric
        let value: GaugeValue

        init(_ metric: Metric, _ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
            self.init(metric, GaugeValue(value, labels))
        }

        init(_ metric: Metric, _ value: GaugeValue) {
            self.metric = metric
            self.value = value
        }
    }

    private(set) var readings: [Reading] = []

    private let application: any Application
    private let availability: Availability
    private let report: @Sendable (ServerEvent) -> Void

    init(of application: any Application, report: @escaping @Sendable (ServerEvent) -> Void) {
        self.application = application
        self.report = report
        availability = application.stores.availability()
    }

    /// Tells whether this server's relay delivers messages.
    mutating func add(isLeader: Bool) {
        readings.append(Reading(.leader, isLeader ? 1 : 0))
    }

    /// Looks into each outbox, and so finds out which services are away.
    mutating func addOutboxes() {
        for service in application.relay.services {
            let outbox = attempt {
                try availability.attempt(service.store) { try $0.read(OutboxStatus.init) }
                    .map(readings) ?? []
            }
            readings += outbox
            readings.append(
                Reading(.serviceAvailable, outbox.isEmpty ? 0 : 1, ["service": service.name]))
        }
    }

    private func readings(of outbox: OutboxStatus) -> [Reading] {
        let labels: KeyValuePairs = ["outbox": outbox.service]
        return [
            Reading(.backlog, outbox.pending, labels), Reading(.failed, outbox.failed, labels),
            Reading(.parked, outbox.parked, labels),
        ]
    }

    /// Counts the sagas that need help.
    ///
    /// - Parameter census: keeps the count for a while.
    mutating func addSagas(_ census: SagaCensus) {
        readings += attempt {
            try census.readings {
                let helpless = try application.workbench.helplessSagas(availability)
                return ["stuck", "stranded", "failed"].map { need in
                    Reading(
                        .sagasNeedingHelp, helpless.count { $0.need.word == need },
                        ["need": need])
                }
            }
        }
    }

    /// Reads the application's own gauges.
    mutating func add(_ gauges: [AnyGauge]) {
        for gauge in gauges {
            readings += attempt {
                try gauge.read(application).map { Reading(gauge.metric, $0) }
            }
        }
    }

    /// What `body` has read; nothing when it cannot.
    private func attempt(_ body: () throws -> [Reading]) -> [Reading] {
        do {
            return try body()
        } catch let error as StoreError where error.isUnavailability {
            // That is told as a service that is not available.
        } catch {
            report(.measurementFailed(Problem(error, of: type(of: application)).detail))
        }
        return []
    }
}

extension HelplessSaga.Need {
    fileprivate var word: String {
        switch self {
        case .stuck: "stuck"
        case .stranded: "stranded"
        case .failed: "failed"
        }
    }
}

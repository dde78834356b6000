internal import Synchronization

/// The measurements of this process, for Prometheus.
final class Metrics: Sendable {
    /// The upper bounds of a histogram's buckets, in seconds.
    private static let bounds = [
        0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
        5, 10,
    ]

    private struct Histogram {
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count)
        var count = 0
        var sum = 0.0
    }

    private struct Series: Hashable {
        let metric: Metric
        let labels: String
    }

    private struct State {
        var counters: [Series: Int] = [:]
        var histograms: [Series: Histogram] = [:]
    }

    private let all: [Metric]
    private let state = Mutex(State())

    /// - Parameter more: what is measured besides what every server does.
    init(_ more: [Metric] = []) {
        all = Metric.all + more
        precondition(
            Set(all.map(\.name)).count == all.count, "two metrics have one name")
    }

    /// Increments the counter.
    func count(_ metric: Metric, _ labels: KeyValuePairs<String, String> = [:], by amount: Int = 1)
    {
        let series = Series(metric: metric, labels: Self.text(labels))
        state.withLock { $0.counters[series, default: 0] += amount }
    }

    /// Adds a duration in seconds to a histogram.
    func observe(
        _ metric: Metric, _ labels: KeyValuePairs<String, String> = [:], seconds: Double
    ) {
        let series = Series(metric: metric, labels: Self.text(labels))
        let bucket = Self.bounds.firstIndex { seconds <= $0 }
        state.withLock { state in
            var histogram = state.histograms[series] ?? Histogram()
            if let bucket { histogram.buckets[bucket] += 1 }
            histogram.count += 1
            histogram.sum += seconds
            state.histograms[series] = histogram
        }
    }

    /// All of it in Prometheus' text format, version 0.0.4.
    ///
    /// - Parameter readings: the gauges, as they are now.
    func text(with readings: [Scrape.Reading] = []) -> String {
        let state = state.withLock { $0 }
        var gauges: [Series: Int] = [:]
        for reading in readings {
            let labels = Self.text(reading.value.labels)
            gauges[Series(metric: reading.metric, labels: labels)] = reading.value.value
        }
        return all.map { metric in
            let heading =
                "# HELP \(metric.name) \(metric.help)\n"
                + "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            let values = (metric.kind == .gauge ? gauges : state.counters)
                .filter { $0.key.metric == metric }.sorted { $0.key.labels < $1.key.labels }
                .map { line(metric.name, $0.key.labels, "\($0.value)") }
            let histograms = state.histograms.filter { $0.key.metric == metric }
                .sorted { $0.key.labels < $1.key.labels }
                .map { lines(metric.name, $0.key.labels, $0.value) }
            return heading + values.joined() + histograms.joined()
        }.joined()
    }

    private func lines(_ name: String, _ labels: String, _ histogram: Histogram) -> String {
        var below = 0
        var lines = ""
        for (bound, count) in zip(Self.bounds, histogram.buckets) {
            below += count
            lines += line(name + "_bucket", joined(labels, "le=\"\(bound)\""), "\(below)")
        }
        lines += line(name + "_bucket", joined(labels, "le=\"+Inf\""), "\(histogram.count)")
        lines += line(name + "_sum", labels, "\(histogram.sum)")
        return lines + line(name + "_count", labels, "\(histogram.count)")
    }

    private func line(_ name: String, _ labels: String, _ value: String) -> String {
        name + (labels.isEmpty ? "" : "{\(labels)}") + " \(value)\n"
    }

    private func joined(_ labels: String, _ more: String) -> String {
        labels.isEmpty ? more : labels + "," + more
    }

    /// The labels of a series as they are told. Values may come from an application's rows.
    private static func text(_ labels: KeyValuePairs<String, String>) -> String {
        labels.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        guard value.contains(where: { $0 == "\\" || $0 == "\"" || $0.isNewline }) else {
            return value
        }
        return value.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(scalar)
            }
        }.joined()
    }
}

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
        var values: [Series: Double] = [:]
        var histograms: [Series: Histogram] = [:]
    }

    private let state = Mutex(State())

    /// Increments the counter.
    func count(_ metric: Metric, _ labels: KeyValuePairs<String, String> = [:], by amount: Int = 1)
    {
        let series = Series(metric: metric, labels: Self.text(labels))
        state.withLock { $0.values[series, default: 0] += Double(amount) }
    }

    /// Sets the gauge.
    func set(_ metric: Metric, _ labels: KeyValuePairs<String, String> = [:], to value: Int) {
        let series = Series(metric: metric, labels: Self.text(labels))
        state.withLock { $0.values[series] = Double(value) }
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
    var text: String {
        let state = state.withLock { $0 }
        return Metric.allCases.map { metric in
            let heading =
                "# HELP \(metric.rawValue) \(metric.help)\n"
                + "# TYPE \(metric.rawValue) \(metric.kind.rawValue)\n"
            let values = state.values.filter { $0.key.metric == metric }
                .sorted { $0.key.labels < $1.key.labels }
                .map { line(metric.rawValue, $0.key.labels, number($0.value)) }
            let histograms = state.histograms.filter { $0.key.metric == metric }
                .sorted { $0.key.labels < $1.key.labels }
                .map { lines(metric.rawValue, $0.key.labels, $0.value) }
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

    private func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }

    /// The values come from the program, and need no escapes.
    private static func text(_ labels: KeyValuePairs<String, String>) -> String {
        labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
    }
}

internal import TramWorkbench

/// Something of an application's own that is measured each time somebody asks for the metrics.
///
/// ```swift
/// Gauge<Trips>("trips_rooms_left", "Rooms that are free, now.") { trips in
///     try trips.cities().map { GaugeValue($0.roomsLeft, ["city": $0.name]) }
/// }
/// ```
public struct Gauge<App: HTTPApplication>: Sendable {
    /// The same without its type.
    let erased: AnyGauge

    /// Names what is measured, and says how.
    ///
    /// - Parameters:
    ///   - name: in Prometheus' spelling: lower case with underscores, the application's name first.
    ///   - help: what it means, in one sentence.
    ///   - read: reads the values, one for each set of labels. While it cannot, for a store that is away or
    ///     another reason, the gauge has none.
    public init(
        _ name: String, _ help: String, read: @escaping @Sendable (App) throws -> [GaugeValue]
    ) {
        erased = AnyGauge(metric: Metric(name, .gauge, help)) { try read(typed($0)) }
    }
}

/// A value of a gauge, under its labels.
public struct GaugeValue: Sendable {
    let value: Int
    let labels: KeyValuePairs<String, String>

    /// A value under its labels.
    public init(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
        self.value = value
        self.labels = labels
    }
}

/// A gauge without the type of its application.
struct AnyGauge: Sendable {
    let metric: Metric
    let read: @Sendable (any Application) throws -> [GaugeValue]
}

internal import TramSQLite

extension Metrics {
    /// Measures the transactions that go through this object.
    ///
    /// - Parameter delivers: whether they deliver messages.
    func watch(_ store: SQLiteStore, delivers: Bool) {
        let name = store.name
        store.observer = { [self] times in
            observe(.lockWait, ["store": name], seconds: seconds(times.waiting))
            observe(.commitTime, ["store": name], seconds: seconds(times.committing))
            if delivers {
                observe(.deliveryTime, ["store": name], seconds: seconds(times.working))
            }
        }
    }

    private func seconds(_ time: Duration) -> Double { time / .seconds(1) }
}

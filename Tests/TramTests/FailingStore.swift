import Tram

/// What happens to the stores of a test: the process ends before one of its transactions that write, or
/// a store is away.
final class Failures {
    /// How many transactions may still write; any number when nil.
    var writesLeft: Int?
    /// The stores that are away.
    var away: Set<String> = []

    struct ProcessEnded: Error {}
}

/// A store that fails as it is told to.
final class FailingStore: Store {
    private let store: any Store
    private let failures: Failures

    init(_ store: any Store, _ failures: Failures) {
        self.store = store
        self.failures = failures
    }

    var name: String { store.name }

    func write<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try checkIsThere()
        if let left = failures.writesLeft {
            guard left > 0 else { throw Failures.ProcessEnded() }
            failures.writesLeft = left - 1
        }
        return try store.write(body)
    }

    func read<Result>(_ body: (any Transaction) throws -> Result) throws -> Result {
        try checkIsThere()
        return try store.read(body)
    }

    func rehearse<Result>(_ body: () throws -> Result) throws -> Result {
        try store.rehearse(body)
    }

    private func checkIsThere() throws {
        if failures.away.contains(name) { throw StoreError.missing(path: name) }
    }
}

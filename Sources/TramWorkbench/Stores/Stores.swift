package import Platform
public import Tram
package import TramSQLite

/// The stores of an application, and what they share: the directory that they lie in, the relay's lock,
/// and the time for which others are waited for.
///
/// They are used from one thread at a time. Whoever serves many opens them for each thread.
public final class Stores {
    /// In the order in which their locks are taken.
    package let all: [SQLiteStore]

    /// How long to wait for other processes, all locks together.
    package let patience: Patience

    private let definitions: [StoreDefinition]
    let directory: DataDirectory?

    /// The stores in a directory's files. None of them is opened before it is used.
    package init(_ definitions: [StoreDefinition], in directory: DataDirectory) {
        let patience = Patience(milliseconds: directory.lockTimeout)
        self.definitions = definitions
        self.patience = patience
        self.directory = directory
        all = definitions.map {
            SQLiteStore(
                name: $0.name, path: directory.file($0.name + ".db"), schema: $0.schema,
                patience: patience)
        }
    }

    /// New stores in memory.
    package init(
        inMemory definitions: [StoreDefinition], clock: @escaping () -> Timestamp
    ) throws {
        self.definitions = definitions
        patience = Patience(milliseconds: 0)
        directory = nil
        all = try definitions.map {
            try SQLiteStore(inMemory: $0.name, schema: $0.schema, clock: clock)
        }
    }

    /// The store of the service with this name, which must be one of the application's
    /// ``Application/definitions``.
    public subscript(name: String) -> any SharedStore { file(name) }

    /// The same as what it is.
    package func file(_ name: String) -> SQLiteStore {
        guard let store = all.first(where: { $0.name == name }) else {
            preconditionFailure("the application has no store \(name)")
        }
        return store
    }

    /// The names of the services, in the order of ``all``.
    package var names: [String] { all.map(\.name) }

    /// For what goes on without services that are away: each may be waited for as long as the others.
    package func availability() -> Availability {
        let availability = Availability()
        availability.whenAway = { [patience] in patience.renew() }
        return availability
    }

    /// Where relays note the delivery in hand; nil for stores in memory.
    package var journal: (any DeliveryJournal)? {
        directory.map { CrashJournal(path: $0.file("delivery-in-hand")) }
    }

    /// Makes the directory and the stores, if they are not there.
    package func create() throws {
        try directory?.create(all, patience)
    }

    /// Opens and checks all stores, before any of them is changed. The others go on without one that is
    /// disposable.
    package func openForWriting() throws {
        let availability = availability()
        try openForWriting(availability)
        for definition in definitions where !definition.isDisposable {
            if let reason = availability.reasons[definition.name] { throw reason }
        }
    }

    /// The same for those that can be used.
    package func openForWriting(_ availability: Availability) throws {
        for store in all {
            _ = try availability.attempt(store) { _ in try store.openForWriting() }
        }
    }

    /// Runs `body` while no relay runs: relays, purges and rebuilds exclude one another.
    ///
    /// - Throws: `RelayIsBusy`.
    package func withRelayLock<Result>(_ body: () throws -> Result) throws -> Result {
        try RelayLock(beside: all).withRelayLock(patience, body)
    }
}

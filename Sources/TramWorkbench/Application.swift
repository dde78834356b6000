public import Tram

/// A system of services, as its author describes it: what is said here is its own, and everything else
/// that the workbench can do, it gets.
///
/// An application is built anew for each command of the shell and for each thread of the server, on stores
/// that are opened when they are used. So its `init` connects services and reads nothing.
///
/// ```swift
/// final class Trips: Application {
///     static let name = "trips"
///     static let version = "1.0.0"
///     static let firstCommand = "book --traveller Ada --city Lisbon"
///     static let definitions = [
///         StoreDefinition("trips", Schema(applicationID: 0x5472_7001, …)),
///         StoreDefinition("flights", Schema(applicationID: 0x5472_7002, …)),
///     ]
///     let stores: Stores
///     let relay: Relay
///
///     init(_ stores: Stores) throws {
///         self.stores = stores
///         relay = try Relay(wholeSystem: [
///             Service(store: stores["trips"], subscribers: [try SagaManager(BookTrip(), id: "trips")]),
///             Service(store: stores["flights"], subscribers: [flights]),
///         ])
///     }
/// }
/// ```
public protocol Application: AnyObject, SendableMetatype {
    /// The name of the program, as it is typed: lower case, without spaces. For example `trips`.
    static var name: String { get }

    /// The version of the program. For example `1.2.0`.
    static var version: String { get }

    /// The command with which a user begins, and which makes the stores, without the program's name: it is
    /// proposed where there are none. For example `book --traveller Ada --city Lisbon`.
    static var firstCommand: String { get }

    /// The id of a message, for the examples of help: one of the first store's if nothing is said.
    static var exampleMessage: String { get }

    /// The services' stores, in the order in which whoever needs several of them takes their locks.
    static var definitions: [StoreDefinition] { get }

    /// What the services tell one another, for `schema`; nothing unless the application says it.
    static var messages: MessageCatalog { get }

    /// Builds the services on their stores, and connects them. The stores need not be there yet.
    ///
    /// - Throws: `WiringError` when the services are connected in a way that would lose messages.
    init(_ stores: Stores) throws

    /// What the application was built on.
    var stores: Stores { get }

    /// The services, and how they are connected.
    var relay: Relay { get }

    /// How users speak of its sagas: by `TYPE:ID` if nothing is said.
    static var sagaWords: SagaWords { get }

    /// Its choreographed sagas: none if nothing is said. They are listed and shown beside the orchestrated
    /// ones, which are known by ``relay``.
    var chains: [Chain] { get }

    /// Where its sagas are found: ``DeclaredSagas`` if nothing is said.
    var sagas: any SagaCatalogue { get }

    /// What the stores must obey: the rules that a check checks, in the order in which they are shown.
    ///
    /// ``Rule/standard(_:)`` if nothing is said. An application that has rules of its own adds them to those,
    /// or gives the whole list and places the standard ones in it.
    ///
    /// - Parameter views: the stores at the instant of the check. Rules read them; this function does not.
    func rules(_ views: Views) -> [Rule]
}

extension Application {
    /// The first message of the first store.
    public static var exampleMessage: String { "\(definitions.first?.name ?? name):1" }

    /// No messages are described.
    public static var messages: MessageCatalog {
        MessageCatalog(title: name, summary: "", [])
    }

    /// The workbench's own rules.
    public func rules(_ views: Views) -> [Rule] { Rule.standard(views) }

    /// Sagas are named by `TYPE:ID`.
    public static var sagaWords: SagaWords { SagaWords() }

    /// There are no choreographed sagas.
    public var chains: [Chain] { [] }

    /// What ``relay`` and ``chains`` declare.
    public var sagas: any SagaCatalogue { DeclaredSagas(self) }

    /// The application on the stores of a directory. None of them is opened before it is used.
    package init(in directory: DataDirectory) throws {
        try self.init(Stores(Self.definitions, in: directory))
    }

    /// The application on stores in memory.
    package init(inMemoryWithClock clock: @escaping () -> Timestamp) throws {
        try self.init(Stores(inMemory: Self.definitions, clock: clock))
    }

    /// All that can be asked of the application.
    public var workbench: Workbench { Workbench(self) }
}

internal import Platform
internal import Tram

/// All that the command `serve` has checked and tells the server. A server that is a program of its own gets
/// it as its one argument, in JSON.
public struct ServeConfiguration: Codable, Hashable, Sendable {
    /// The version of the program that tells it: both must be of one.
    public let version: String
    /// The directory of the stores.
    public var dataDirectory: String
    /// How long a request waits for another process's lock, in milliseconds.
    public var lockTimeout: Int
    /// Where the application's services listen, in the order in which that is told.
    public var ports: [ServicePort]
    /// The address to listen on.
    public var address: String
    /// Further names by which clients may call the server, in lower case.
    public var hostNames: [String] = []
    /// The file with the token that every request must bring, or nil when none is asked for.
    public var tokenFile: String?
    /// Who delivers the messages.
    public var relay: RelayMode
    /// How long a request may take besides waiting for a lock, in milliseconds.
    public var requestTimeout = 30_000
    /// How long a connection may be without a request, in milliseconds.
    public var idleTimeout = 30_000
    /// How many connections each port has at the most.
    public var maxConnections = 256
    /// After how many attempts a delivery is parked; 0 means never.
    public var maxAttempts = ParkingPolicy().maxAttempts
    /// A command for each newly parked message; nil when there is none.
    public var onParked: String?
    /// Whether the addresses are told as JSON.
    public var isJSON = false
    /// Whether nothing is told but errors.
    public var isQuiet = false

    /// Who delivers the messages.
    public enum RelayMode: String, Codable, CaseIterable, Sendable {
        /// The server, as they come.
        case auto
        /// Whoever asks for it: the command `relay run`, or `POST /relay/run`.
        case manual
    }

    /// - Parameters:
    ///   - application: what is to be served.
    ///   - dataDirectory: the directory of its stores.
    ///   - lockTimeout: how long a request waits for another process's lock, in milliseconds.
    public init(
        of application: any Application.Type, dataDirectory: String, lockTimeout: Int,
        ports: [ServicePort], address: String, relay: RelayMode
    ) {
        version = application.version
        self.dataDirectory = dataDirectory
        self.lockTimeout = lockTimeout
        self.ports = ports
        self.address = address
        self.relay = relay
    }

    /// Whether others than this machine's users could use the server, and no token keeps them out.
    public var isOpenToAll: Bool {
        tokenFile == nil && NetworkAddress(address)?.isLoopback != true
    }

    /// Reads what ``argument`` has written; nil when it is not that.
    public init?(argument: String) {
        guard let read = try? WireFormat.decode(Self.self, from: argument) else { return nil }
        self = read
    }

    /// The configuration as the one argument of the program that serves.
    public var argument: String {
        get throws { try WireFormat.encode(self) }
    }
}

internal import Platform
internal import Tram

/// All that the command `serve` has checked and tells the server. A server that is a program of its own gets
/// it as its one argument, in JSON.
package struct ServeConfiguration: Codable, Hashable, Sendable {
    /// The version of the program that tells it: both must be of one.
    package let version: String
    package var dataDirectory: String
    /// How long a request waits for another process's lock, in milliseconds.
    package var lockTimeout: Int
    /// Where the application's services listen, in the order in which that is told.
    package var ports: [ServicePort]
    /// The address to listen on.
    package var address: String
    /// Further names by which clients may call the server, in lower case.
    package var hostNames: [String] = []
    /// The file with the token that every request must bring, or nil when none is asked for.
    package var tokenFile: String?
    package var relay: RelayMode
    /// How long a request may take besides waiting for a lock, in milliseconds.
    package var requestTimeout = 30_000
    /// How long a connection may be without a request, in milliseconds.
    package var idleTimeout = 30_000
    /// How many connections each port has at the most.
    package var maxConnections = 256
    /// After how many attempts a delivery is parked; 0 means never.
    package var maxAttempts = ParkingPolicy().maxAttempts
    /// A command for each newly parked message; nil when there is none.
    package var onParked: String?
    package var isJSON = false
    package var isQuiet = false

    /// Who delivers the messages.
    package enum RelayMode: String, Codable, CaseIterable, Sendable {
        /// The server, as they come.
        case auto
        /// Whoever asks for it: the command `relay run`, or `POST /relay/run`.
        case manual
    }

    /// - Parameters:
    ///   - application: what is to be served.
    ///   - dataDirectory: the directory of its stores.
    ///   - lockTimeout: how long a request waits for another process's lock, in milliseconds.
    package init(
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
    package var isOpenToAll: Bool {
        tokenFile == nil && NetworkAddress(address)?.isLoopback != true
    }

    /// Reads what ``argument`` has written; nil when it is not that.
    package init?(argument: String) {
        guard let read = try? WireFormat.decode(Self.self, from: argument) else { return nil }
        self = read
    }

    package var argument: String {
        get throws { try WireFormat.encode(self) }
    }
}

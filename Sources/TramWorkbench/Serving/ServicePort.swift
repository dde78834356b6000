/// Where one of an application's HTTP services listens, and how a user meets it.
public struct ServicePort: Codable, Hashable, Sendable {
    /// The name of the service.
    public let service: String
    /// What the service is called where the server tells its address. For example `orders`.
    public let label: String
    /// The option that sets the port, without its hyphens. For example `orders-port`.
    public let option: String
    /// From 0 to 65535; 0 for any that is free.
    public let port: Int

    /// Reads the value of an option.
    ///
    /// - Parameters:
    ///   - label: what the service is called for a user; else by its name.
    ///   - option: the option's name, without its hyphens; else `LABEL-port`.
    ///   - text: the value, as it was typed.
    /// - Throws: ``Problem`` when the text is not a port.
    public init(_ service: String, label: String? = nil, option: String? = nil, _ text: String)
        throws
    {
        self.service = service
        self.label = label ?? service
        self.option = option ?? "\(label ?? service)-port"
        port = try Input.port(text, field: self.option)
    }
}

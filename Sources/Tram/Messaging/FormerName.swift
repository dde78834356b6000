/// A name that an event, a command or a reply had, and under which a subscriber still reads it.
public struct FormerName: Hashable, Sendable {
    /// The channel on which it comes.
    public let channel: String
    /// The name that it has.
    public let type: String
    /// The name that it had; the same one where only its form was another.
    public let formerly: String

    /// A name with these properties.
    public init(channel: String, type: String, formerly: String) {
        self.channel = channel
        self.type = type
        self.formerly = formerly
    }
}

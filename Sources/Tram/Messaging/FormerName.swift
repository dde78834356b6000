/// A former name of an event, a command or a reply under which a subscriber still reads it.
///
/// It is what ``Wiring/formerNames`` tells of a ``FormerMessage``, for tools that compare the
/// messages of two versions of a program.
public struct FormerName: Hashable, Sendable {
    /// The channel on which it comes.
    public let channel: String
    /// The present name on the wire.
    public let type: String
    /// The former name; equal to ``type`` where only the form was another.
    public let formerly: String

    /// A former name with these parts.
    public init(channel: String, type: String, formerly: String) {
        self.channel = channel
        self.type = type
        self.formerly = formerly
    }
}

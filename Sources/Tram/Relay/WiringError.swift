/// Services that are connected in a way that would lose messages, or handle them twice.
///
/// Building a ``Service`` or a ``Relay`` throws it, before any message moves and before any store
/// is touched. It is always a mistake in the program: every case says what to change.
public enum WiringError: Error, Hashable, Sendable {
    /// Two services have one name, which is the first half of their messages' ids. Give each store
    /// a name of its own.
    case serviceTwice(String)
    /// Two subscribers have one id, so that the inbox would take one's messages for the other's.
    /// Give one another id, or make both the parts of a ``CombinedSubscriber``.
    case subscriberTwice(id: String, services: [String])
    /// A part of a ``CombinedSubscriber`` has another id than the whole. Give it the id of the
    /// whole.
    case partWithOtherID(subscriber: String, part: String)
    /// A subscriber has two handlers for one type of event or command, counting former names.
    case handlerTwice(type: String, subscriber: String)
    /// Two subscribers receive the commands of one channel, so that each command would be done
    /// twice. A channel has one participant.
    case channelServedTwice(channel: String, subscribers: [String])
    /// A step of a saga sends its command to a channel that no service of the system serves, so
    /// that the saga would wait for ever. Connect the participant, or connect the services as a
    /// part of a system.
    case channelNotServed(channel: String, saga: String, step: String)
    /// Two subscribers run sagas of one type, so that each reply would be taken twice. Give the
    /// definitions different types; older versions of one definition belong to one ``SagaManager``.
    case sagaRunTwice(type: String, subscribers: [String])
    /// A saga cannot be run as it is defined.
    case badSaga(SagaDefinitionError)
    /// Two subscribers say that they once had the same id: see ``Subscriber/formerIDs``.
    case formerIDTwice(id: String, subscribers: [String])
    /// A subscriber says that it once had an id which another subscriber has now.
    case formerIDInUse(id: String, subscriber: String)
    /// A subscriber that begins now receives commands, or runs sagas. What was sent before the
    /// first relay would never be done, and a saga would wait for it for ever. Let it begin at the
    /// beginning, and give what is to begin now a subscriber of its own.
    case beginsNowWithCommands(subscriber: String)
}

extension WiringError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .serviceTwice(let name): "two services are named \(name)"
        case .subscriberTwice(let id, let services):
            "two subscribers have the id \(id) (in \(services.joined(separator: " and ")))"
        case .partWithOtherID(let subscriber, let part):
            "the part \(part) of the subscriber \(subscriber) has another id"
        case .handlerTwice(let type, let subscriber):
            "the subscriber \(subscriber) has two handlers for \(type)"
        case .channelServedTwice(let channel, let subscribers):
            "the commands on \(channel) are received by \(subscribers.joined(separator: " and by "))"
        case .channelNotServed(let channel, let saga, let step):
            "the step '\(step)' of \(saga) sends to \(channel), where nobody receives commands"
        case .sagaRunTwice(let type, let subscribers):
            "sagas of type \(type) are run by \(subscribers.joined(separator: " and by "))"
        case .badSaga(let error): "\(error)"
        case .formerIDTwice(let id, let subscribers):
            "the subscribers \(subscribers.joined(separator: " and ")) were both called \(id)"
        case .formerIDInUse(let id, let subscriber):
            "the subscriber \(subscriber) was called \(id), and so is a subscriber now"
        case .beginsNowWithCommands(let subscriber):
            "the subscriber \(subscriber) begins now and receives commands or replies: those that "
                + "were sent before would be lost"
        }
    }
}

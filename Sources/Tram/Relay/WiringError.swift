/// Services that are connected in a way that would lose messages, or handle them twice. Building a
/// ``Service`` or a ``Relay`` throws it, before any message moves.
public enum WiringError: Error, Hashable, Sendable {
    /// Two services have one name.
    case serviceTwice(String)
    /// Two subscribers have one id: the inbox would take one's messages for the other's.
    case subscriberTwice(id: String, services: [String])
    /// A part of a ``CombinedSubscriber`` has another id than the whole.
    case partWithOtherID(subscriber: String, part: String)
    /// A subscriber has two handlers for one type of event or command.
    case handlerTwice(type: String, subscriber: String)
    /// Two subscribers receive the commands of one channel: each command would be done twice.
    case channelServedTwice(channel: String, subscribers: [String])
    /// A step of a saga sends its command to a channel that no service of the system serves.
    case channelNotServed(channel: String, saga: String, step: String)
    /// Two services, or two subscribers, run sagas of one type: each reply would be taken twice.
    case sagaRunTwice(type: String, subscribers: [String])
    /// A saga cannot be run as it is defined.
    case badSaga(SagaDefinitionError)
    /// Two subscribers say that they had one id: see ``Subscriber/formerIDs``.
    case formerIDTwice(id: String, subscribers: [String])
    /// A subscriber says that it had an id which a subscriber has at present.
    case formerIDInUse(id: String, subscriber: String)
    /// A subscriber begins now and receives commands, or runs sagas: what was sent before the first relay
    /// would never be done, and a saga would wait for it for ever. Let it begin at the beginning, and
    /// give what is to begin now a subscriber of its own.
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

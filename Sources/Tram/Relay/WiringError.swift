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

/// What a subscriber serves and runs, for the checks that are made when services are connected.
public struct Wiring: Sendable {
    /// The channels whose commands it receives.
    public var commandChannels: [String]
    /// The sagas whose replies it receives.
    public var sagas: [SagaDefinition]
    /// What is wrong with the subscriber itself.
    public var mistakes: [WiringError]
    /// The former names and forms of events that it reads.
    public var formerEvents: [FormerEventName]

    /// The wiring of a subscriber that receives events only, if nothing else is said.
    public init(
        commandChannels: [String] = [], sagas: [SagaDefinition] = [], mistakes: [WiringError] = [],
        formerEvents: [FormerEventName] = []
    ) {
        self.commandChannels = commandChannels
        self.sagas = sagas
        self.mistakes = mistakes
        self.formerEvents = formerEvents
    }

    /// - Throws: ``WiringError`` when subscribers of one service, or of several, get in one another's
    ///   way.
    static func check(
        _ subscribers: [(service: String, subscriber: any Subscriber)]
    ) throws(WiringError) {
        var services: [String: [String]] = [:]
        var servers: [String: [String]] = [:]
        var runners: [String: [String]] = [:]
        for (service, subscriber) in subscribers {
            let wiring = subscriber.wiring
            if let mistake = wiring.mistakes.first { throw mistake }
            let isSentTo = !wiring.commandChannels.isEmpty || !wiring.sagas.isEmpty
            if subscriber.begins == .now, isSentTo {
                throw .beginsNowWithCommands(subscriber: subscriber.id)
            }
            services[subscriber.id, default: []].append(service)
            for channel in wiring.commandChannels {
                servers[channel, default: []].append(subscriber.id)
            }
            for saga in wiring.sagas {
                runners[saga.sagaType, default: []].append(subscriber.id)
            }
        }
        if let (id, services) = firstShared(services) {
            throw .subscriberTwice(id: id, services: services)
        }
        if let (channel, servers) = firstShared(servers) {
            throw .channelServedTwice(channel: channel, subscribers: servers)
        }
        if let (type, runners) = firstShared(runners) {
            throw .sagaRunTwice(type: type, subscribers: runners)
        }
        try checkFormerIDs(of: subscribers.map(\.subscriber))
    }

    private static func checkFormerIDs(of subscribers: [any Subscriber]) throws(WiringError) {
        let present = Set(subscribers.map(\.id))
        var claimants: [String: [String]] = [:]
        for subscriber in subscribers {
            for id in Set(subscriber.formerIDs).sorted() {
                if present.contains(id) {
                    throw .formerIDInUse(id: id, subscriber: subscriber.id)
                }
                claimants[id, default: []].append(subscriber.id)
            }
        }
        if let (id, claimants) = firstShared(claimants) {
            throw .formerIDTwice(id: id, subscribers: claimants)
        }
    }

    /// - Throws: ``WiringError/channelNotServed(channel:saga:step:)``.
    static func checkIsComplete(_ subscribers: [any Subscriber]) throws(WiringError) {
        let served = Set(subscribers.flatMap(\.wiring.commandChannels))
        // Instances of former versions go on, and send their commands too.
        for saga in subscribers.flatMap(\.wiring.sagas).flatMap(\.versions) {
            for step in saga.steps {
                let channels = [step.action, step.compensation].compactMap { $0?.channel }
                for channel in channels where !served.contains(channel) {
                    throw .channelNotServed(
                        channel: channel, saga: saga.sagaType, step: step.name)
                }
            }
        }
    }

    private static func firstShared(_ owners: [String: [String]]) -> (String, [String])? {
        owners.filter { $0.value.count > 1 }.min { $0.key < $1.key }
    }
}

/// A name that an event had, and under which a subscriber still reads it.
public struct FormerEventName: Hashable, Sendable {
    /// The channel of the event.
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

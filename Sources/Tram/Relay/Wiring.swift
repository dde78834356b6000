/// What a subscriber serves and runs, for the checks that are made when services are connected: see
/// ``WiringError``.
///
/// ``CommandHandlers``, ``SagaManager`` and ``CombinedSubscriber`` fill it in. A subscriber of
/// one's own that receives commands must name their channels here, or a ``Relay`` of the whole
/// system refuses the sagas that send to them.
public struct Wiring: Sendable {
    /// The channels whose commands it receives.
    public var commandChannels: [String]
    /// The sagas whose replies it receives, with their former versions.
    public var sagas: [SagaDefinition]
    /// What is wrong with the subscriber itself. It is thrown where the subscriber is connected,
    /// since an initializer that only lists handlers should not throw.
    public var mistakes: [WiringError]
    /// The former names and forms of messages that it reads, for tools that tell when one can be
    /// given up.
    public var formerNames: [FormerName]
    /// What runs those sagas, for whoever asks or decides about one of them.
    public var sagaRunners: [any SagaRunner]

    /// The wiring of a subscriber that receives events only, unless something else is given.
    public init(
        commandChannels: [String] = [], sagas: [SagaDefinition] = [], mistakes: [WiringError] = [],
        formerNames: [FormerName] = [], sagaRunners: [any SagaRunner] = []
    ) {
        self.commandChannels = commandChannels
        self.sagas = sagas
        self.mistakes = mistakes
        self.formerNames = formerNames
        self.sagaRunners = sagaRunners
    }

    /// Checks what can be seen without knowing the whole system. The subscribers' own mistakes come
    /// first, and of several faults of one kind the first in the order of names, so that the same
    /// mistake is always told in the same words.
    ///
    /// - Throws: ``WiringError`` when subscribers of one service, or of several, get in one
    ///   another's way.
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

    /// Checks that a former id means one subscriber: what the stores know by it can follow only
    /// one.
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

    /// Checks that every command of a saga has a receiver, also those of former versions, whose
    /// instances still go on.
    ///
    /// - Throws: ``WiringError/channelNotServed(channel:saga:step:)``.
    static func checkIsComplete(_ subscribers: [any Subscriber]) throws(WiringError) {
        let served = Set(subscribers.flatMap(\.wiring.commandChannels))
        // Instances of former versions still go on, and send their commands.
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

    /// The first name, in the order of names, that has more than one owner.
    private static func firstShared(_ owners: [String: [String]]) -> (String, [String])? {
        owners.filter { $0.value.count > 1 }.min { $0.key < $1.key }
    }
}

package import Tram

/// A delivery that has not been made yet.
package struct OutstandingDelivery: Hashable, Sendable {
    package let message: MessageHeading
    package let subscriber: String
    package let state: MessageState
    /// Whether the subscriber gets another payload than was sent.
    package var isEdited = false
}

extension Workbench {
    /// The sagas of the application.
    package var catalogue: any SagaCatalogue { application.sagas }

    /// The deliveries that a saga waits for: of messages that move it, and that others than views have not
    /// handled yet; of commands that a participant has set aside; and of those that it had set aside and
    /// must get again.
    func outstandingDeliveries(
        for saga: SagaEntry, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        let pending = try messages(of: saga, pendingOnly: true, availability)
        let own = try pending.filter {
            try belongs($0, to: saga) && catalogue.isAwaited($0.message, by: saga.key)
        }.map(\.message)
        let deliveries =
            try own.flatMap { try outstandingDeliveries(of: $0, availability) }
            + stashedCommands(of: saga, availability)
            + commandsGivenBack(of: saga, availability).filter { command in
                !own.contains { $0.id == command.message.id }
            }
        if !deliveries.isEmpty { return deliveries }
        return try pending.map(\.message).filter { try catalogue.isDoubtful($0, for: saga) }
            .flatMap { try outstandingDeliveries(of: $0, availability) }
    }

    /// The commands of a saga that participants have, and that wait for a lock.
    private func stashedCommands(
        of saga: SagaEntry, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        guard isOrchestrated(saga.reference) else { return [] }
        return try participants.flatMap { participant in
            let stashed = try availability.attempt(participant.service.store) {
                try $0.read { try Sagas.stashedCommands(of: saga.reference, in: $0) }
            }
            return try (stashed ?? []).map {
                OutstandingDelivery(
                    message: $0,
                    subscriber: try receiver(of: $0, participant.subscribers, availability),
                    state: .stashed)
            }
        }
    }

    /// The services that receive commands, with the subscribers that do.
    private var participants: [(service: Service, subscribers: [any Subscriber])] {
        relay.services.compactMap { service in
            let receivers = service.subscribers.filter { !$0.wiring.commandChannels.isEmpty }
            return receivers.isEmpty ? nil : (service, receivers)
        }
    }

    /// The one that has set a command aside: its channel is known to the outbox that it came from.
    private func receiver(
        of command: MessageHeading, _ candidates: [any Subscriber], _ availability: Availability
    ) throws -> String {
        if candidates.count > 1,
            let sent = try message(command.id, availability)?.entry.message,
            let receiver = candidates.first(where: {
                $0.wiring.commandChannels.contains(sent.destination)
            })
        {
            return receiver.id
        }
        return candidates[0].id
    }

    /// The commands of a saga that a participant had, and could not go on with, when their outbox has not
    /// heard of it yet: a relay was ended in between.
    private func commandsGivenBack(
        of saga: SagaEntry, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        guard isOrchestrated(saga.reference) else { return [] }
        return try participants.flatMap { participant in
            let commands = try availability.attempt(participant.service.store) {
                try $0.read { try Sagas.commandsGivenBack(of: saga.reference, in: $0) }
            }
            return try (commands ?? []).flatMap { command in
                try message(command, availability).map { status in
                    try outstandingDeliveries(of: status.entry.message, availability)
                } ?? []
            }
        }
    }

    private func outstandingDeliveries(
        of message: Message, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        try outstandingDeliveries(
            of: message, notes(of: [message], in: service(message.id.service), availability),
            availability)
    }

    /// What an outbox knows of the deliveries of some of its messages.
    func notes(
        of messages: [Message], in source: Service, _ availability: Availability
    ) throws -> DeliveryNotes {
        guard let first = messages.first?.id.number, let last = messages.last?.id.number else {
            return DeliveryNotes()
        }
        return try availability.attempt(source.store) {
            try $0.read { try Outbox($0).allNotes(first...last) }
        } ?? DeliveryNotes()
    }

    func outstandingDeliveries(
        of message: Message, _ notes: DeliveryNotes, _ availability: Availability
    ) throws -> [OutstandingDelivery] {
        // No saga waits for a view.
        try deliveries(of: message, notes, availability, except: disposableServices)
            .compactMap { delivery in
                guard let subscriber = delivery.subscriber,
                    delivery.state != .delivered && delivery.state != .discarded
                else { return nil }
                return OutstandingDelivery(
                    message: message.heading, subscriber: subscriber, state: delivery.state,
                    isEdited: delivery.edited != nil)
            }
    }

    /// The services whose stores can be made anew from the messages of others.
    var disposableServices: Set<String> {
        Set(type(of: application).definitions.filter(\.isDisposable).map(\.name))
    }
}

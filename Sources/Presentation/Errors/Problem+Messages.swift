internal import CustomersAndOrders
internal import Tram

// What cannot be done with messages, and with those who receive them.

extension Problem {
    init(_ error: DeadLetterError) {
        switch error {
        case .notParked(let message, let subscriber):
            self.init(
                code: .notParked,
                message: "message \(message) is not parked"
                    + (subscriber.map { " at \($0)" } ?? ""),
                reason: "Nothing was changed.", help: "see all that is: tram deadletter list",
                field: "message-id", value: "\(message)")
        case .ambiguous(let message, let subscribers):
            self.init(
                code: .usage,
                message:
                    "message \(message) is parked at \(subscribers.joined(separator: " and "))",
                reason: "A payload is for one of them. Nothing was changed.",
                help: "say for which: --subscriber \(subscribers.first ?? "ID")")
        }
    }

    init(_ error: RedeliveryError) {
        switch error {
        case .unknownSubscriber(let id): self.init(unknownSubscriber: id, field: "to")
        case .unknownSource(let name):
            self.init(
                code: .serviceNotFound, message: "there is no service '\(name)'",
                reason: "Nothing was changed.",
                help: "choose one of: \(ServiceName.all.joined(separator: ", "))", field: "from",
                value: name)
        }
    }

    init(_ error: SubscriberRemovalError) {
        switch error {
        case .isKnown(let id, let service):
            self.init(
                code: .subscriberInUse, message: "the subscriber '\(id)' belongs to this program",
                reason: "The \(service) service uses it. Nothing was changed.",
                help: "take it out of the program first; see which are known: tram subscriber list",
                field: "id", value: id)
        case .isFormerID(let id, let present):
            self.init(
                code: .subscriberInUse,
                message: "'\(id)' is a former name of the subscriber '\(present)'",
                reason:
                    "The next relay moves what it has handled to the new name. Nothing was changed.",
                help: "start one: tram relay run", field: "id", value: id)
        case .notFound(let id):
            self.init(
                code: .subscriberNotFound, message: "no store knows a subscriber '\(id)'",
                reason: "Nothing was changed.", help: "see all of them: tram subscriber list",
                field: "id", value: id)
        }
    }

    init(unknownSubscriber id: String, field: String) {
        self.init(
            code: .subscriberNotFound, message: "there is no subscriber '\(id)'",
            reason: "Nothing was changed.",
            help: "choose one of: \(ServiceName.all.joined(separator: ", "))", field: field,
            value: id)
    }

    init(_ error: ViewProgressError) {
        switch error {
        case .messageNotFound(let id):
            self.init(
                code: .messageNotFound, message: "message \(id) does not exist",
                reason: "It was never sent, or it has been purged.",
                help: "see all messages: tram outbox list", field: "after",
                value: id.description)
        case .notReceived(let message):
            self.init(
                code: .notPossible,
                message: "the order history does not receive \(message.id) \(message.type)",
                reason: "So it will never handle that message.",
                help: "name a message that it receives; see the deliveries: "
                    + "tram outbox show \(message.id)",
                field: "after", value: message.id.description)
        case .discarded(let message):
            self.init(
                code: .notPossible,
                message: "the delivery of \(message.id) \(message.type) to the order history "
                    + "was discarded",
                reason: "So it will never handle that message.",
                help: "see the deliveries: tram outbox show \(message.id)", field: "after",
                value: message.id.description)
        }
    }
}

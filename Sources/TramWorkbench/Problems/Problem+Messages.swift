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
                reason: "Nothing was changed.",
                help: "see all that is: \(command: "deadletter list")",
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
        case .unknownSubscriber(let id, let known):
            self.init(unknownSubscriber: id, known: known, field: "to")
        case .unknownSource(let name, let known):
            self.init(
                code: .serviceNotFound, message: "there is no service '\(name)'",
                reason: "Nothing was changed.",
                help: "choose one of: \(known.joined(separator: ", "))", field: "from",
                value: name)
        }
    }

    init(_ error: SubscriberRemovalError) {
        switch error {
        case .isKnown(let id, let service):
            self.init(
                code: .subscriberInUse, message: "the subscriber '\(id)' belongs to this program",
                reason: "The \(service) service uses it. Nothing was changed.",
                help:
                    "take it out of the program first; see which are known: \(command: "subscriber list")",
                field: "id", value: id)
        case .isFormerID(let id, let present):
            self.init(
                code: .subscriberInUse,
                message: "'\(id)' is a former name of the subscriber '\(present)'",
                reason:
                    "The next relay moves what it has handled to the new name. Nothing was changed.",
                help: "start one: \(command: "relay run")", field: "id", value: id)
        case .notFound(let id):
            self.init(
                code: .subscriberNotFound, message: "no store knows a subscriber '\(id)'",
                reason: "Nothing was changed.",
                help: "see all of them: \(command: "subscriber list")",
                field: "id", value: id)
        }
    }

    init(_ error: UnknownSubscriber) {
        self.init(unknownSubscriber: error.id, known: error.known, field: "subscriber")
    }

    private init(unknownSubscriber id: String, known: [String], field: String) {
        self.init(
            code: .subscriberNotFound, message: "there is no subscriber '\(id)'",
            reason: "Nothing was changed.",
            help: "choose one of: \(known.joined(separator: ", "))", field: field,
            value: id)
    }
}

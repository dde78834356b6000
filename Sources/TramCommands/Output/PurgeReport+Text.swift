package import Tram
internal import TramWorkbench

extension PurgeReport {
    /// What is said instead of numbers when a purge could not even begin; nil when it could.
    package var textOfNothingFreed: String? {
        missing.isEmpty ? nil : "Purged nothing: a service is away.\n"
    }

    /// A subscriber that the program no longer has, and for which messages are kept.
    package var subscriberToRemove: String? { holds.first { $0.reason == .missed }?.holder }

    /// One line for each reason why something was kept.
    package var textOfHolds: String { holds.map { $0.text + "\n" }.joined() }
}

extension PurgeHold {
    /// Whose store it is, what is kept, and who holds it.
    fileprivate var text: String {
        switch what {
        case .store: "\(service): nothing purged: its store is older than others know it"
        case .messages:
            "\(service): \(counted(count, "message")) kept: \(messageName) \(messageState)"
        case .handled:
            "\(service): \(counted(count, "handled message")) kept behind \(messageName) "
                + "(\(word))"
        case .sagas: "\(service): \(counted(count, "saga")) kept: \(sagaName) \(sagaState)"
        }
    }

    private var messageName: String { message?.description ?? "a message" }
    private var sagaName: String { saga.map { escaped($0.description) } ?? "a saga" }

    private var word: String {
        switch reason {
        case .unhandled: "not handled"
        case .otherContent: "other content"
        default: reason.rawValue
        }
    }

    private var messageState: String {
        let state = reason == .failed ? "has failed" : "is \(word)"
        guard let holder else { return "\(state), and nobody receives it" }
        return switch reason {
        case .unhandled: "is not known to \(holder)"
        case .missed: "was published without \(escaped(holder)), which the program no longer has"
        case .otherContent: "is known to \(holder) with other content"
        default: "\(state) at \(holder)"
        }
    }

    private var sagaState: String {
        let place = holder ?? "a participant"
        return switch reason {
        case .failed: "has failed"
        case .pending: "waits for \(messageName)"
        case .stashed: "has a stashed command at \(place)"
        case .locked: "has a lock at \(place)"
        case .unlogged: "has no log"
        case .unknownType: "is run by no service"
        default: "is running"
        }
    }
}

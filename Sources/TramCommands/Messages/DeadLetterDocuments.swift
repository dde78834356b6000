internal import Tram
internal import TramWorkbench

// What `tram deadletter` prints.

struct ShownDeadLetter: Document {
    let letter: DeadLetter

    /// How many messages wait for it; those after the first hundred are not counted.
    var holds: String {
        let count = letter.holds.count
        return count < Relay.heldMessagesTold ? "\(count)" : "\(count)+"
    }

    /// Says that the subscriber gets another payload than was sent.
    var mark: String { letter.edited == nil ? "" : " (edited)" }

    func text(_ style: Style) -> String {
        "\(letter.message.id) \(letter.subscriber ?? "-")\n"
    }

    var json: JSON { letter.json }
}

struct DeadLetterGroup: Document {
    let error: String
    let letters: [DeadLetter]

    func text(_ style: Style) -> String { "\(letters.count) \(escaped(error))\n" }

    var json: JSON {
        [
            "error": .string(error), "letters": .integer(letters.count),
            "messages": .strings(letters.map(\.message.id.description)),
        ]
    }
}

/// The dead letters of one message.
struct ShownDeadLetters: Document {
    let letters: [DeadLetter]

    func text(_ style: Style) -> String {
        let message = letters[0].message
        var lines = [
            "Message \(message.id): \(escaped(message.type))",
            "  from          \(letters[0].source)",
            "  channel       \(escaped(message.destination))",
            "  partition id  \(escaped(message.partitionID))",
        ]
        lines += message.headers.filter { $0.key != MessageHeader.date }
            .sorted { $0.key < $1.key }
            .map { "  header        \(escaped($0.key)): \(escaped($0.value))" }
        lines.append("  payload       \(escaped(message.payload))")
        for letter in letters {
            lines.append(
                "  parked at     \(letter.subscriber ?? "-") after "
                    + "\(counted(letter.attempts, "attempt")): \(escaped(letter.error))")
            if let edited = letter.edited {
                lines.append("  edited        \(escaped(edited))")
            }
            if !letter.holds.isEmpty {
                let held = letter.holds.map(\.description).joined(separator: ", ")
                lines.append("  holds         \(held)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var json: JSON { letters[0].json(beside: Array(letters.dropFirst())) }
}

/// What was decided about dead letters.
struct DecidedDeadLetters: Document {
    let decision: Decision
    let letters: [DeadLetter]

    enum Decision: String {
        case retried, discarded, edited

        var words: String {
            switch self {
            case .retried: "Pending again"
            case .discarded: "Discarded"
            case .edited: "Edited and pending again"
            }
        }
    }

    func text(_ style: Style) -> String {
        if letters.isEmpty { return "Nothing was changed.\n" }
        return letters.map {
            "\(decision.words): \($0.message.id) \(escaped($0.message.type)) -> "
                + "\($0.subscriber ?? "-")\n"
        }.joined()
    }

    var quietText: String? {
        letters.map(\.message.id.description).joined(separator: "\n")
    }

    var json: JSON {
        [
            decision.rawValue: .array(letters.map(\.jsonHeading))
        ]
    }
}

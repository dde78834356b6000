/// What an AsyncAPI document of this program's form says of messages: which there are, on which
/// channels, who sends and who receives them.
struct DescribedMessages {
    /// One message on one channel.
    struct Described {
        let type: String
        let channel: String
        /// `event`, `command` or `reply`.
        let kind: String
        let senders: Set<String>
        let receivers: Set<String>
        let payload: JSON
        let headers: JSON
    }

    /// In the order of the document.
    let messages: [Described]
    /// By service and channel: the present name of an event by a former one.
    private let former: [Route: [String: Set<String>]]
    /// By channel: the services that receive from it.
    private let receivers: [String: Set<String>]
    private let document: JSON

    private struct Route: Hashable {
        let service: String
        let channel: String
    }

    /// - Throws: ``SchemaDocumentError`` when the document has another form.
    init(_ document: JSON) throws(SchemaDocumentError) {
        self.document = document
        guard document["asyncapi"] != nil, let channels = document["channels"]?.members,
            let operations = document["operations"]?.members
        else { throw SchemaDocumentError("it is not an AsyncAPI document with channels") }
        var parties: [String: [String: Set<String>]] = [:]
        var former: [Route: [String: Set<String>]] = [:]
        var receivers: [String: Set<String>] = [:]
        for (name, operation) in operations.map({ ($0.key, $0.value) }) {
            // An operation is named SERVICE.sends.CHANNEL or SERVICE.receives.CHANNEL.
            guard let action = operation["action"]?.textValue,
                let channel = operation["channel"]?["$ref"]?.lastPathComponent,
                name.hasSuffix(".\(action)s.\(channel)")
            else { throw SchemaDocumentError("the operation '\(name)' is not of the known form") }
            let service = String(name.dropLast(action.count + channel.count + 3))
            guard let references = operation["messages"]?.elements else {
                throw SchemaDocumentError("the operation '\(name)' names no messages")
            }
            for reference in references {
                guard let key = reference["$ref"]?.lastPathComponent else {
                    throw SchemaDocumentError("the operation '\(name)' is not of the known form")
                }
                parties["\(action) \(channel) \(key)", default: [:]][channel, default: []]
                    .insert(service)
            }
            guard action == "receive" else { continue }
            receivers[channel, default: []].insert(service)
            for member in operation["x-formerly"]?.members ?? [] {
                for name in member.value.elements ?? [] {
                    guard let name = name.textValue else { continue }
                    former[Route(service: service, channel: channel), default: [:]][
                        name, default: []
                    ].insert(member.key)
                }
            }
        }
        self.former = former
        self.receivers = receivers
        var messages: [Described] = []
        for channel in channels {
            guard let described = channel.value["messages"]?.members else {
                throw SchemaDocumentError("the channel '\(channel.key)' has no messages")
            }
            for (key, reference) in described.map({ ($0.key, $0.value) }) {
                guard let path = reference["$ref"]?.textValue, let message = document.resolve(path),
                    let type = message["name"]?.textValue
                else { throw SchemaDocumentError("the message '\(key)' is not described") }
                messages.append(
                    Described(
                        type: type, channel: channel.key,
                        kind: message["tags"]?.elements?.first?["name"]?.textValue ?? "event",
                        senders: parties["send \(channel.key) \(key)"]?[channel.key] ?? [],
                        receivers: parties["receive \(channel.key) \(key)"]?[channel.key] ?? [],
                        payload: message["payload"] ?? .object([]),
                        headers: message["headers"] ?? .object([])))
            }
        }
        // Messages that nobody sends and nobody receives would break nothing, whatever becomes of them.
        if !messages.isEmpty, messages.allSatisfy({ $0.senders.isEmpty && $0.receivers.isEmpty }) {
            throw SchemaDocumentError("no operation sends or receives its messages")
        }
        self.messages = messages
    }

    /// A message of this name on this channel.
    func message(_ type: String, on channel: String) -> Described? {
        messages.first { $0.type == type && $0.channel == channel }
    }

    /// The events that a service reads under a name that they had, or in a form that they had.
    func events(formerly name: String, on channel: String, readBy service: String) -> Set<String> {
        former[Route(service: service, channel: channel)]?[name] ?? []
    }

    /// The services that receive anything from a channel.
    func receivers(on channel: String) -> Set<String> { receivers[channel] ?? [] }

    /// A schema, or the one that it refers to.
    func resolved(_ schema: JSON) -> JSON {
        var schema = schema
        // A reference that leads nowhere, or in a circle, says nothing.
        for _ in 0..<32 {
            guard let path = schema["$ref"]?.textValue else { return schema }
            schema = document.resolve(path) ?? .object([])
        }
        return .object([])
    }
}

/// Why a document cannot be compared.
package struct SchemaDocumentError: Error, Hashable, Sendable {
    /// What is wrong, in one sentence.
    package let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

extension JSON {
    /// The members of an object.
    var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The elements of an array.
    var elements: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// What a string says.
    var textValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a key.
    subscript(key: String) -> JSON? {
        members?.first { $0.key == key }?.value
    }

    /// The last part of a reference like `#/channels/Order`.
    fileprivate var lastPathComponent: String? {
        textValue?.split(separator: "/").last.map(String.init)
    }

    /// What a reference into this document leads to.
    fileprivate func resolve(_ path: String) -> JSON? {
        guard path.hasPrefix("#/") else { return nil }
        return path.dropFirst(2).split(separator: "/").reduce(Optional(self)) { $0?[String($1)] }
    }
}

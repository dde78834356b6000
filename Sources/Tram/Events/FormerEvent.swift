/// A name or a form that an event had before, so that messages of then can still be read.
///
/// A text alone is a name: the event's keys were the same. For the event in another form there is
/// ``form(_:_:)``.
public struct FormerEvent<Event: DomainEvent>: Sendable, ExpressibleByStringLiteral {
    /// nil: it had the name that it has.
    let name: String?
    /// nil: it had the form that it has.
    let read: (@Sendable (String) throws -> Event)?

    /// The event under another name.
    public init(stringLiteral name: String) {
        self.name = name
        read = nil
    }

    /// The event in another form: `upcast` makes the present event of the old one (the pattern is
    /// known as "upcasting" in event sourcing).
    ///
    /// Under the event's present name, its present form is tried first, then the former ones in their
    /// order. So a present form that also fits the old texts is what they are read as.
    ///
    /// - Parameter name: the name that it had then; nil when that was the present one.
    public static func form<Old: Decodable & SendableMetatype>(
        _ name: String? = nil, _ upcast: @escaping @Sendable (Old) throws -> Event
    ) -> FormerEvent {
        FormerEvent(name: name) { try upcast(WireFormat.decode(Old.self, from: $0)) }
    }

    private init(name: String?, read: @escaping @Sendable (String) throws -> Event) {
        self.name = name
        self.read = read
    }
}

/// Reads an event from messages of its present name and form and of former ones.
struct EventReader<Event: DomainEvent>: Sendable {
    /// By name: the forms, in the order in which they are tried.
    private var forms: [String: [@Sendable (String) throws -> Event]]
    /// The names that the event had, each once; its present one where it had another form.
    private(set) var formerNames: [String] = []

    init(_ former: [FormerEvent<Event>]) {
        let present: @Sendable (String) throws -> Event = {
            try WireFormat.decode(Event.self, from: $0)
        }
        forms = [Event.eventType: [present]]
        for form in former {
            let name = form.name ?? Event.eventType
            forms[name, default: []].append(form.read ?? present)
            if !formerNames.contains(name) { formerNames.append(name) }
        }
    }

    /// - Throws: ``WireFormatError``, which names the message's type and the key; or what turning the
    ///   old form into the present one has thrown.
    func event(of message: Message) throws -> Event {
        var first: (any Error)?
        for read in forms[message.type] ?? [] {
            do {
                return try read(message.payload)
            } catch let error as WireFormatError {
                first = first ?? naming(error, of: message)
            }
        }
        throw first ?? WireFormatError("\(message.type) is not read as \(Event.eventType)")
    }

    /// The type that is named may be that of an old form, or called otherwise than on the wire.
    private func naming(_ error: WireFormatError, of message: Message) -> WireFormatError {
        error.description.contains(message.type)
            ? error : WireFormatError("\(message.type): \(error.description)")
    }
}

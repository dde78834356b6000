/// A name or a form that an event, a command or a reply had before, so that messages of that time
/// can still be read.
///
/// Messages live longer than programs: they wait in outboxes and stashes in the form in which they
/// were sent, across an upgrade. There are three kinds of change:
///
/// * A key is added or removed. Declare it as an optional, or leave it out: no `FormerMessage` is
///   needed.
/// * The message is renamed. A string literal is its former name: `formerly: "Registered"`.
/// * Its keys change. ``form(_:_:)`` converts the former type to the present one.
///
/// Handlers take them where they are declared, for example
/// ``DomainEventHandler/on(_:formerly:_:handler:)`` and
/// ``CommandHandler/on(_:formerly:_:locking:whenLocked:handler:)``. Only reading is concerned: what
/// is sent always has the present name and form.
public struct FormerMessage<Content: Decodable & Sendable>: Sendable, ExpressibleByStringLiteral {
    /// The former name on the wire; nil when the name has not changed.
    let name: String?
    /// Decodes a payload of the former form; nil when the form has not changed.
    let read: (@Sendable (String) throws -> Content)?

    /// The message under another name, with the keys that it has now.
    public init(stringLiteral name: String) {
        self.name = name
        read = nil
    }

    /// The message in another form, which `upcast` converts to the present one.
    ///
    /// ```swift
    /// .form("Registered") { (old: Registered) in
    ///     SignedUp(name: old.firstName + " " + old.lastName)
    /// }
    /// ```
    ///
    /// Where several forms share a name, they are tried in turn, the present one first. A present
    /// form that also fits the old texts therefore wins, so the old form must lack a key that the
    /// present one requires.
    ///
    /// The pattern is known as "upcasting" in event sourcing.
    ///
    /// - Parameters:
    ///   - name: the name that it had; nil when that was the present one.
    ///   - upcast: an error that it throws fails the delivery.
    public static func form<Old: Decodable & SendableMetatype>(
        _ name: String? = nil, _ upcast: @escaping @Sendable (Old) throws -> Content
    ) -> FormerMessage {
        FormerMessage(name: name) { try upcast(WireFormat.decode(Old.self, from: $0)) }
    }

    private init(name: String?, read: @escaping @Sendable (String) throws -> Content) {
        self.name = name
        self.read = read
    }
}

/// Decodes messages of a present name and form, and of former ones.
struct MessageReader<Content: Decodable & Sendable>: Sendable {
    private let type: String
    /// By name: the decoders to try, in their order.
    private var forms: [String: [@Sendable (String) throws -> Content]]
    /// The names that the message had, each once; its present name too where it had another form
    /// under it.
    private(set) var formerNames: [String] = []

    /// - Parameters:
    ///   - type: the present name on the wire.
    ///   - former: former names and forms, in the order in which forms of one name are tried.
    init(_ type: String, formerly former: [FormerMessage<Content>]) {
        let present: @Sendable (String) throws -> Content = {
            try WireFormat.decode(Content.self, from: $0)
        }
        self.type = type
        forms = [type: [present]]
        for form in former {
            let name = form.name ?? type
            forms[name, default: []].append(form.read ?? present)
            if !formerNames.contains(name) { formerNames.append(name) }
        }
    }

    /// Decodes a message in the first form that fits.
    ///
    /// If none fits, the error is the one of the first form, which is the present one where the
    /// name is.
    ///
    /// - Throws: ``WireFormatError``, which names the message's type and the key; or what a
    ///   conversion has thrown.
    func content(of message: Message) throws -> Content {
        var first: (any Error)?
        for read in forms[message.type] ?? [] {
            do {
                return try read(message.payload)
            } catch let error as WireFormatError {
                first = first ?? naming(error, of: message)
            }
        }
        throw first ?? WireFormatError("\(message.type) is not read as \(type)")
    }

    /// The error with the message's type in it. What the decoder names may be the Swift type of an
    /// old form, or be called otherwise than on the wire.
    private func naming(_ error: WireFormatError, of message: Message) -> WireFormatError {
        error.description.contains(message.type)
            ? error : WireFormatError("\(message.type): \(error.description)")
    }
}

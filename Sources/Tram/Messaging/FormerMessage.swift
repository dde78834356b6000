/// A name or a form that an event, a command or a reply had before, so that messages of then can still be
/// read.
///
/// A text alone is a name: the message's keys were the same. For the message in another form there is
/// ``form(_:_:)``.
public struct FormerMessage<Content: Decodable & Sendable>: Sendable, ExpressibleByStringLiteral {
    /// nil: it had the name that it has.
    let name: String?
    /// nil: it had the form that it has.
    let read: (@Sendable (String) throws -> Content)?

    /// The message under another name.
    public init(stringLiteral name: String) {
        self.name = name
        read = nil
    }

    /// The message in another form: `upcast` makes the present one of the old one (the pattern is
    /// known as "upcasting" in event sourcing).
    ///
    /// Under the present name, the present form is tried first, then the former ones in their
    /// order. So a present form that also fits the old texts is what they are read as.
    ///
    /// - Parameter name: the name that it had then; nil when that was the present one.
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

/// Reads messages of a present name and form and of former ones.
struct MessageReader<Content: Decodable & Sendable>: Sendable {
    private let type: String
    /// By name: the forms, in the order in which they are tried.
    private var forms: [String: [@Sendable (String) throws -> Content]]
    /// The names that the message had, each once; its present one where it had another form.
    private(set) var formerNames: [String] = []

    /// - Parameter type: the present name on the wire.
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

    /// - Throws: ``WireFormatError``, which names the message's type and the key; or what turning the
    ///   old form into the present one has thrown.
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

    /// The type that is named may be that of an old form, or called otherwise than on the wire.
    private func naming(_ error: WireFormatError, of message: Message) -> WireFormatError {
        error.description.contains(message.type)
            ? error : WireFormatError("\(message.type): \(error.description)")
    }
}

/// The name of a saga: its type and its id. It is written `CreateOrderSaga 1`.
///
/// The name is unique in a system, since only one service runs sagas of a type. It travels in the
/// headers of every command and reply, and is the owner of the saga's locks.
public struct SagaReference: Hashable, Sendable, CustomStringConvertible {
    /// The saga's type: see ``Saga/sagaType``.
    public let type: String
    /// The instance's id, unique among those of its type in their store: a decimal number that
    /// counts up.
    public let id: String

    /// The instance of this type with this id.
    public init(type: String, id: String) {
        self.type = type
        self.id = id
    }

    /// The saga that sent a command; nil when no saga did.
    init?(of command: Message) {
        guard let type = command.headers[MessageHeader.commandSagaType],
            let id = command.headers[MessageHeader.commandSagaID]
        else { return nil }
        self.init(type: type, id: id)
    }

    /// The channel on which sagas of a type receive their replies.
    package static func replyChannel(ofType type: String) -> String { type + "-reply" }

    public var description: String { "\(type) \(id)" }
}

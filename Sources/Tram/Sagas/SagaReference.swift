/// A saga, by its type and id. It is written `CreateOrderSaga 1`.
public struct SagaReference: Hashable, Sendable, CustomStringConvertible {
    /// The saga's type: see ``Saga/sagaType``.
    public let type: String
    /// The instance's id, unique among those of its type in their store.
    public let id: String

    /// The instance of this type with this id.
    public init(type: String, id: String) {
        self.type = type
        self.id = id
    }

    /// The saga that sent a command; nil when it was none.
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

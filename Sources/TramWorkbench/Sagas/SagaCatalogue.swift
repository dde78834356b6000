public import Tram

/// Where the sagas of an application are found. ``DeclaredSagas`` is enough for most. An application
/// gives one of its own when its users know sagas by what they are about, see ``SagaWords/noun``, or when it
/// can tell from a message's contents which saga it is about. It only reads.
public protocol SagaCatalogue {
    /// The saga that users know by a number; nil when there is none.
    ///
    /// - Throws: an error of the application when there is none, if it has one that says more.
    func saga(numbered number: Int) throws -> SagaEntry?

    /// A saga; nil when there is none, nor was one before that was purged.
    func saga(_ reference: SagaReference) throws -> SagaEntry?

    /// The next sagas, in the order of their cursors.
    ///
    /// - Parameters:
    ///   - last: only those after this one; all when nil.
    ///   - limit: how many at most.
    ///   - undecidedOnly: only those that will do more than wait until what is decided is heard of. The
    ///     services that are away are then left out.
    func sagas(
        after last: SagaCursor?, limit: Int, undecidedOnly: Bool, _ availability: Availability
    ) throws -> [SagaEntry]

    /// The services whose messages move sagas, in the order in which their messages are listed.
    var services: [String] { get }

    /// Where the messages lie that can belong to a saga; none when that is not known any more.
    func places(of saga: SagaEntry) throws -> [SagaMessagePlace]

    /// The ``SagaEntry`` key of the saga that a message belongs to; nil when the message itself does not
    /// tell.
    func key(of message: Message) throws -> String?

    /// Whether a message that tells no key belongs to the sagas that have its correlation id.
    var joinsCorrelated: Bool { get }

    /// Whether a saga is moved by a message that belongs to it.
    func isAwaited(_ message: Message, by key: String) throws -> Bool

    /// Whether a message that tells no key may yet move a saga, in whose places it lies.
    func isDoubtful(_ message: Message, for saga: SagaEntry) throws -> Bool

    /// What is wrong with a saga's data that can be read, for example that it is about something else; nil
    /// when nothing is.
    func fault(inDataOf overview: SagaOverview, of saga: SagaEntry) -> String?
}

extension SagaCatalogue {
    public var joinsCorrelated: Bool { false }

    public func isAwaited(_ message: Message, by key: String) throws -> Bool { true }

    public func isDoubtful(_ message: Message, for saga: SagaEntry) throws -> Bool { false }

    public func fault(inDataOf overview: SagaOverview, of saga: SagaEntry) -> String? { nil }
}

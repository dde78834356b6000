/// An orchestrated saga: the steps of one business transaction over several services, and what undoes
/// them.
///
/// ```swift
/// struct CreateOrderSaga: Saga {
///     static let sagaType = "CreateOrderSaga"
///
///     struct Data: Codable, Sendable { … }
///
///     var steps: [Step<Data>] {
///         [
///             Step("create order").invokeLocal(create).withCompensation(reject),
///             Step("reserve credit").invokeParticipant(.customerService, reserveCredit),
///             Step("approve order").invokeLocal(approve),
///         ]
///     }
/// }
/// ```
///
/// After Eventuate Tram Sagas, "Implementing an orchestration-based saga" by Chris Richardson.
public protocol Saga: Sendable {
    /// What the saga knows; it is persisted after every step.
    associatedtype Data: Codable & Sendable

    /// The saga's name in its store and on the wire.
    static var sagaType: String { get }

    /// The version of the definition, from 1. An instance is persisted with the version that it was
    /// started with and the names of its steps, and goes on by that version to its end. Raise it when
    /// steps are added, removed, renamed or moved, or when ``Data`` cannot read what an older version
    /// has written; and keep the older definition, as a type of its own with the same ``sagaType``,
    /// until the last of its instances has ended: see ``SagaManager/init(_:formerly:id:formerIDs:)``.
    static var version: Int { get }

    /// The steps, from first to last, each with a name of its own. They must be the same whenever they
    /// are asked for.
    var steps: [Step<Data>] { get }

    /// Called when an instance begins, before its first step. It may still change the data. When it
    /// throws, the instance is not begun.
    func starting(_ saga: SagaReference, _ data: inout Data, _ transaction: any Transaction) throws
    /// Called when every step has been done.
    ///
    /// The saga has ended whatever this or the next two do: an error of theirs undoes what they have
    /// written, and is told in the saga's log, as ``SagaLogEvent/hookFailed``, and in the effects of the
    /// delivery. Only an error of the store itself lets the delivery fail.
    func completed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws
    /// Called when every step that had been done has been undone.
    func rolledBack(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws
    /// Called when a compensation was refused.
    func failed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws
}

extension Saga {
    public static var version: Int { 1 }

    public func starting(
        _ saga: SagaReference, _ data: inout Data, _ transaction: any Transaction
    ) throws {}
    public func completed(
        _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
    ) throws {}
    public func rolledBack(
        _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
    ) throws {}
    public func failed(
        _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
    ) throws {}

    /// The channel on which the saga's instances receive their replies.
    public static var replyChannel: String { SagaReference.replyChannel(ofType: sagaType) }
}

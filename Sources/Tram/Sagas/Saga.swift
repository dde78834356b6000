/// An orchestrated saga: the steps of one business transaction over several services, and what
/// undoes them.
///
/// A saga takes the place of a distributed transaction. Each step is a transaction of one service:
/// the first that is refused makes the saga roll back, by the compensations of the steps that were
/// done, last first. Until it ends, other transactions can see its intermediate states; a
/// ``CommandHandlers`` can lock what a saga works on against other sagas.
///
/// ```swift
/// struct CreateOrderSaga: Saga {
///     static let sagaType = "CreateOrderSaga"
///
///     struct Data: Codable, Sendable {
///         let customerID: Int
///         let total: Int
///         var orderID: Int?
///         var rejection: String?
///     }
///
///     var steps: [Step<Data>] {
///         [
///             Step("create order").invokeLocal(create).withCompensation(reject),
///             Step("reserve credit").invokeParticipant(.customerService) { data in
///                 ReserveCredit(customerID: data.customerID, total: data.total)
///             }
///             .onReply(CreditLimitExceeded.self) { data, _ in data.rejection = "no credit" },
///             Step("approve order").invokeLocal(approve),
///         ]
///     }
/// }
/// ```
///
/// A ``SagaManager`` runs the instances; `SagaTest` of TramTesting tests a definition without its
/// participants. The steps should be in this order: those that can be refused and compensated
/// first, then the one that decides (the pivot), and last those that always succeed, which need no
/// compensation.
///
/// After Eventuate Tram Sagas and Chris Richardson, *Microservices Patterns*, chapter 4; see also
/// "Implementing an orchestration-based saga" by the same author. The idea is from Garcia-Molina
/// and Salem, *Sagas* (1987).
public protocol Saga: Sendable {
    /// What the saga knows: input, and what replies have told. It is persisted as JSON after every
    /// step, and is all that a step can know of the steps before it.
    associatedtype Data: Codable & Sendable

    /// The saga's name in its store and on the wire, also the first part of its reply channel. It
    /// must not change as long as instances live; it is not the name of the Swift type on purpose.
    static var sagaType: String { get }

    /// The version of the definition, from 1; by default 1.
    ///
    /// An instance is persisted with the version that it was started with and the names of its
    /// steps, and goes on by that version to its end. Raise it when steps are added, removed,
    /// renamed or moved, or when ``Data`` cannot read what an older version has written. Keep the
    /// older definition, as a type of its own with the same ``sagaType``, until the last of its
    /// instances has ended: see ``SagaManager/init(_:formerly:id:formerIDs:)``.
    ///
    /// A change inside a step, such as another text in a command, needs no new version.
    static var version: Int { get }

    /// The steps, from first to last, each with a name of its own. The property is read again and
    /// again, and must always return the same steps; what depends on an instance belongs into a
    /// step's `when` condition.
    var steps: [Step<Data>] { get }

    /// Called when an instance begins, before its first step, in the transaction that starts it. It
    /// may still change the data, for example to note the saga's own id. When it throws, the
    /// instance is not begun, and the error is thrown to the caller of the start.
    func starting(_ saga: SagaReference, _ data: inout Data, _ transaction: any Transaction) throws
    /// Called when every step has been done, in the transaction of the last one.
    ///
    /// The saga has ended whatever this or the next two do. An error of theirs undoes what they
    /// have written, and is told in the saga's log, as ``SagaLogEvent/hookFailed``, and in the
    /// effects of the delivery. Only an error of the store itself makes the delivery fail, so that
    /// it is tried again.
    func completed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws
    /// Called when every step that had been done has been undone. What ``completed(_:_:_:)`` says
    /// of errors is true here, too.
    func rolledBack(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws
    /// Called when the saga has failed: a compensation was refused, or a step may have been done
    /// that nothing undoes, or an operator has abandoned the saga. Somebody should be told: an
    /// operator must decide, see ``SagaDecision``.
    func failed(_ saga: SagaReference, _ data: Data, _ transaction: any Transaction) throws
}

extension Saga {
    /// The first version.
    public static var version: Int { 1 }

    /// Does nothing.
    public func starting(
        _ saga: SagaReference, _ data: inout Data, _ transaction: any Transaction
    ) throws {}
    /// Does nothing.
    public func completed(
        _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
    ) throws {}
    /// Does nothing.
    public func rolledBack(
        _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
    ) throws {}
    /// Does nothing.
    public func failed(
        _ saga: SagaReference, _ data: Data, _ transaction: any Transaction
    ) throws {}

    /// The channel on which the saga's instances receive their replies: its type with `-reply`
    /// behind it.
    public static var replyChannel: String { SagaReference.replyChannel(ofType: sagaType) }
}

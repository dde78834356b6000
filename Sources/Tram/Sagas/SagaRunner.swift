/// A ``SagaManager`` without the type of its data: what can be asked and decided about the instances of a
/// type of saga by a program that has only its name.
///
/// ```swift
/// if let sagas = relay.sagaRunner(ofType: "BookTrip") {
///     let trip = try sagas.service.store.read { try sagas.runner.inspect("1", in: $0) }
/// }
/// ```
public protocol SagaRunner: Subscriber {
    /// The saga's steps as data: those of the newest version, and the former ones beside them.
    var definition: SagaDefinition { get }

    /// Reads as much of an instance as can be read: see ``SagaManager/inspect(_:in:)``.
    ///
    /// - Throws: a ``StoreError`` when the store itself cannot be read.
    func inspect(_ id: String, in transaction: any Transaction) throws -> SagaInspection

    /// Carries out what an operator has decided: see ``SagaManager/decide(_:_:because:in:)``.
    ///
    /// - Returns: what came of it, in words.
    /// - Throws: ``SagaError``; ``SagaDamage`` or ``SagaStranded`` when the instance cannot go on.
    func decide(
        _ decision: SagaDecision, _ outlook: SagaOutlook, because reason: String,
        in transaction: any Transaction
    ) throws -> [String]

    /// Gives up an instance that may not be readable: see
    /// ``SagaManager/abandon(_:because:trustingData:in:)``.
    ///
    /// - Returns: what came of it, in words.
    /// - Throws: ``SagaError/notFound(_:)``, ``SagaError/hasEnded(_:_:)`` or
    ///   ``SagaError/abandoned(_:)``.
    func abandon(
        _ reference: SagaReference, because reason: String, trustingData: Bool,
        in transaction: any Transaction
    ) throws -> [String]
}

extension SagaManager: SagaRunner {}

/// What runs the sagas of a type, and where.
public struct RunSagas {
    /// The sagas' type.
    public let type: String
    /// The service whose store has them.
    public let service: Service
    /// What runs them.
    public let runner: any SagaRunner

    /// Reads as much of an instance as can be read: see ``SagaRunner/inspect(_:in:)``.
    ///
    /// - Throws: a ``StoreError`` when the store itself cannot be read.
    public func inspect(_ id: String) throws -> SagaInspection {
        try service.store.read { try runner.inspect(id, in: $0) }
    }

    /// Those of the services, in the order of these and their subscribers. A type of saga has one runner.
    static func all(of services: [Service]) -> [RunSagas] {
        services.flatMap { service in
            service.subscribers.flatMap(\.wiring.sagaRunners).map {
                RunSagas(type: $0.definition.sagaType, service: service, runner: $0)
            }
        }
    }
}

extension Relay {
    /// What runs the sagas of a type; nil when nobody does.
    public func sagaRunner(ofType type: String) -> RunSagas? {
        sagaRunners.first { $0.type == type }
    }
}

/// The versions of a saga's definition that a program has. Each is a Swift type with a type of data
/// of its own, so they are kept as `any Saga`, and opened where an instance goes on.
struct SagaVersions: Sendable {
    /// The newest first.
    private let sagas: [any Saga]

    /// Checks every version, and that they are versions of one saga.
    init(_ newest: some Saga, formerly: [any Saga]) throws(SagaDefinitionError) {
        let present = Swift.type(of: newest)
        var known = [present.version]
        for saga in formerly {
            let former = Swift.type(of: saga)
            guard former.sagaType == present.sagaType else {
                throw .formerIsAnother(saga: present.sagaType, former: former.sagaType)
            }
            if known.contains(former.version) {
                throw .versionTwice(saga: present.sagaType, version: former.version)
            }
            guard former.version < present.version else {
                throw .formerIsNewer(
                    saga: present.sagaType, version: present.version, former: former.version)
            }
            known.append(former.version)
        }
        sagas =
            [newest] + formerly.sorted { Swift.type(of: $0).version > Swift.type(of: $1).version }
        for saga in sagas { try saga.validate() }
    }

    /// The newest definition, with the former ones in it.
    var definition: SagaDefinition {
        var definition = sagas[0].definition
        definition.formerly = sagas.dropFirst().map(\.definition)
        return definition
    }

    /// The names and forms that replies had before, in any version, each once.
    var formerReplies: [FormerName] {
        sagas.flatMap(\.formerReplies).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The definition that an instance was started with.
    ///
    /// - Throws: ``SagaStranded`` when the program does not have it.
    func saga(of row: SagaInstanceRow) throws(SagaStranded) -> any Saga {
        let version = row.definitionVersion
        if let saga = sagas.first(where: { Swift.type(of: $0).version == version }) { return saga }
        throw SagaStranded(
            saga: row.saga,
            reason: .unknownVersion(version, known: sagas.map { Swift.type(of: $0).version }))
    }
}

extension Saga {
    /// The names and forms that replies had before, and that the saga still understands.
    fileprivate var formerReplies: [FormerName] {
        steps.flatMap { [$0.action, $0.compensation] }.compactMap { $0 }.flatMap(\.formerReplies)
            .map {
                FormerName(channel: Self.replyChannel, type: $0.type, formerly: $0.formerly)
            }
    }
}

public import Tram

/// A saga that an application has, before it is looked at more closely.
public struct SagaEntry: Hashable, Sendable {
    /// Which saga it is. Of a choreographed one, the type is that of its ``Chain``.
    public let reference: SagaReference
    /// Its place in lists.
    public let cursor: SagaCursor
    /// The number by which users know it: see ``SagaWords/noun``. Nil when they do not.
    public let number: Int?
    /// Where it stands, as the application's own rows tell; nil when only the saga's row does.
    public let told: ChainState?

    /// What messages about the saga are gathered under: see ``SagaCatalogue/key(of:)``.
    let key: String

    /// A saga, as a ``SagaCatalogue`` tells of it.
    ///
    /// - Parameter key: what its messages are gathered under; `TYPE:ID` if nothing is said.
    public init(
        _ reference: SagaReference, at cursor: SagaCursor, number: Int? = nil, key: String? = nil,
        told: ChainState?
    ) {
        self.reference = reference
        self.cursor = cursor
        self.number = number
        self.key = key ?? reference.name
        self.told = told
    }
}

/// A saga's place in lists.
public struct SagaCursor: Hashable, Comparable, Sendable {
    /// The place of its kind among the kinds of sagas, from 0.
    public let kind: Int
    /// Its place among those of its kind, from 1.
    public let position: Int

    /// The place of a saga.
    public init(kind: Int = 0, position: Int) {
        self.kind = kind
        self.position = position
    }

    public static func < (left: SagaCursor, right: SagaCursor) -> Bool {
        (left.kind, left.position) < (right.kind, right.position)
    }
}

/// Where messages lie that belong to a saga, in the outbox of a service.
public enum SagaMessagePlace: Hashable, Sendable {
    /// Those of a channel with a partition id.
    case partition(service: String, channel: String, id: String)
    /// Those of a service with a correlation id.
    case correlation(service: String, id: String)

    var service: String {
        switch self {
        case .partition(let service, _, _), .correlation(let service, _): service
        }
    }
}

/// A saga as users read it: by the number of what it is about, where the application gives one, else by
/// `TYPE:ID`.
package struct SagaName: Hashable, Sendable {
    package let reference: SagaReference
    private let noun: String?
    /// The number by which users know it.
    package let number: Int?

    init(_ entry: SagaEntry, noun: String?) {
        self.noun = noun
        reference = entry.reference
        number = noun == nil ? nil : entry.number
    }

    private var subject: String? {
        noun.flatMap { noun in number.map { "\(noun) \($0)" } }
    }

    /// As it is typed: `7` or `BookTrip:1`.
    package var argument: String { number.map(String.init) ?? reference.name }

    /// In a sentence: `the saga of order 7` or `BookTrip:1`.
    package var phrase: String { subject.map { "the saga of \($0)" } ?? reference.name }

    /// At the beginning of a document: `Saga of order 7` or `Saga BookTrip:1`.
    package var title: String { "Saga " + (subject.map { "of \($0)" } ?? reference.name) }

    /// In a sentence about its rows: `CreateOrderSaga 3 of order 7` or `BookTrip 1`.
    var rowPhrase: String { "\(reference)" + (subject.map { " of \($0)" } ?? "") }

    /// That its row is gone.
    var rowIsGone: String {
        subject.map { "\($0) has no saga \(reference)" } ?? "\(reference) has no row"
    }

    /// The key by which JSON names it: `"orderId":7` or `"saga":"BookTrip:1"`.
    package var json: JSON.Member {
        if let noun, let number { return JSON.Member("\(noun)Id", .integer(number)) }
        return JSON.Member("saga", .string(reference.name))
    }

    package static func jsonSchema(noun: String?) -> JSON.Member {
        noun.map { JSON.Member("\($0)Id", JSONSchema.id) }
            ?? JSON.Member("saga", JSONSchema.text)
    }
}

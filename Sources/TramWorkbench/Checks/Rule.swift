public import Tram

/// What the stores of an application must obey, and how to find where they do not.
///
/// ```swift
/// func rules(_ views: Views) -> [Rule] {
///     Rule.standard(views) + [
///         .atRest("at rest, a trip is BOOKED exactly when it has a room") {
///             try unpaidTrips(views["trips"], rooms: views["rooms"])
///         }
///     ]
/// }
/// ```
///
/// A rule that meets a row which does not hold what it should is violated by it; the rules that do not read
/// that row are checked all the same.
public struct Rule {
    /// The rule as a sentence without a full stop: `every trip has a traveller`.
    public let words: String
    let scope: Scope

    /// What a rule is about, with the search for what is not as it says.
    enum Scope {
        /// All stores together, at any time.
        case always(Search)
        /// All stores together, while nothing is on its way between them.
        case atRest(Search)
        /// The stores that can be read.
        case readable(Search)
        /// The store of one service.
        case store(String, StoreSearch)
    }

    typealias Search = () throws -> [Finding]
    /// Finds what is not as a rule about one store says; `view` has the store's rows at the instant of the
    /// check.
    public typealias StoreSearch = (_ view: any Transaction) throws -> [Finding]

    private init(_ words: String, _ scope: Scope) {
        self.words = words
        self.scope = scope
    }

    /// A rule about what the stores say together. It is not checked while one of them cannot be read.
    ///
    /// - Parameter search: reads, and returns what is not as the rule says. It writes nothing.
    public static func always(
        _ words: String, _ search: @escaping () throws -> [Finding]
    ) -> Rule {
        Rule(words, .always(search))
    }

    /// A rule about what the stores say together when no message is pending or parked, and no deadline is
    /// ahead: then the services agree about everything. Before, it is not checked.
    public static func atRest(
        _ words: String, _ search: @escaping () throws -> [Finding]
    ) -> Rule {
        Rule(words, .atRest(search))
    }

    /// A rule about the store of one service. It is checked also while others cannot be read.
    public static func store(
        _ name: String, _ words: String, _ search: @escaping StoreSearch
    ) -> Rule {
        Rule(words, .store(name, search))
    }

    /// A rule that each store must obey by itself.
    public static func eachStore(
        _ words: String, of views: Views, _ search: @escaping StoreSearch
    ) -> Rule {
        .readable(words) { try views.inEach(search) }
    }

    /// A rule about what the stores that can be read say of one another.
    static func readable(
        _ words: String, _ search: @escaping () throws -> [Finding]
    ) -> Rule {
        Rule(words, .readable(search))
    }
}

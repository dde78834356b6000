public import Tram

/// Something that a user may do with an application, and that changes it: in one transaction, in one service.
///
/// The shell's commands, HTTP's requests and whatever else makes a user's deeds happen run the same actions: a
/// command or an endpoint is a presentation of one. An action knows neither arguments nor printing.
///
/// ```swift
/// struct Book: Action {
///     static let name = "book"
///     static let summary = "Book a trip."
///     static let service = "trips"
///     static let fields = [
///         ActionField("traveller", .string, "Who travels.", example: .string("Ada")),
///         ActionField("city", .string, "Where to.", example: .string("Lisbon")),
///     ]
///     let traveller: String
///     let city: String
///
///     init(_ input: ActionInput) throws {
///         traveller = try input.read("traveller", Input.word)
///         city = try input.read("city", Input.word)
///     }
///
///     func perform(in trips: Trips, key: IdempotencyKey?) throws -> BookedTrip {
///         try trips.stores["trips"].write { transaction in … }
///     }
/// }
/// ```
public protocol Action: Sendable {
    /// The application that it is a part of.
    associatedtype App: Application
    /// What it has done.
    associatedtype Answer

    /// The words of its command, without the program's name. For example `order create`.
    static var name: String { get }
    /// What it does, in one sentence.
    static var summary: String { get }
    /// The name of the service whose store it writes.
    static var service: String { get }
    /// Whether it makes the stores where there are none.
    static var makesStores: Bool { get }
    /// What it is told.
    static var fields: [ActionField] { get }

    /// Reads and checks what it is told. No store is touched.
    ///
    /// - Throws: ``Problem`` when a value is not good.
    init(_ input: ActionInput) throws

    /// Does it, in one transaction.
    ///
    /// - Parameter key: names the request: repeated with the same key, it is not carried out again, and has
    ///   the first answer. Nil when it is not to be repeated.
    func perform(in application: App, key: IdempotencyKey?) throws -> Answer
}

extension Action {
    /// The stores are made.
    public static var makesStores: Bool { true }

    /// The JSON Schema of an object with the action's fields.
    public static var schema: JSON { fields.schema }

    /// An object with good values, for whoever has sent a bad one.
    public static var example: JSON { fields.example }
}

extension [ActionField] {
    /// The JSON Schema of an object with these fields.
    package var schema: JSON {
        JSONSchema.object(
            .object(map { JSON.Member($0.name, $0.form.schema) }),
            optional: Set(filter { !$0.isRequired }.map(\.name)))
    }

    /// An object with good values of these fields.
    package var example: JSON {
        .object(compactMap { field in field.example.map { JSON.Member(field.name, $0) } })
    }
}

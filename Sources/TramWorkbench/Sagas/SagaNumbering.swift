public import Tram

/// By which numbers users know the sagas of an application: those of what the sagas are about, which
/// ``SagaWords/noun`` names.
///
/// ```swift
/// SagaNumbering {
///     try trips.trip($0)?.saga
/// } number: {
///     try trips.trip(bookedBy: $0)?.id
/// }
/// ```
public struct SagaNumbering {
    let saga: (_ number: Int) throws -> SagaReference?
    let number: (_ saga: SagaReference) throws -> Int?

    /// The numbers, in both directions.
    ///
    /// - Parameters:
    ///   - saga: the saga that is known by a number. Nil when there is none; or it throws an error of the
    ///     application's, which says more.
    ///   - number: the number by which a saga is known; nil when by none.
    public init(
        saga: @escaping (_ number: Int) throws -> SagaReference?,
        number: @escaping (_ saga: SagaReference) throws -> Int?
    ) {
        self.saga = saga
        self.number = number
    }
}

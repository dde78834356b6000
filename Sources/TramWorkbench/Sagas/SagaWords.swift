/// How an application's users speak of its sagas: what the help of its commands says, and by what a saga may
/// be named beside `TYPE:ID`.
public struct SagaWords: Sendable {
    /// What each saga is about, when users know it by the number of that, for example `order`: `saga show 7`
    /// then means the saga of order 7. Nil when sagas are named `TYPE:ID` only.
    public let noun: String?
    /// A saga as it is typed, for examples: `BookTrip:1`.
    public let example: String
    /// The name of a step, for examples: `book flight`.
    public let step: String
    /// Why an operator might take that step as done, for examples: `the flight was booked by phone`.
    public let reason: String

    /// The words of an application.
    public init(
        noun: String? = nil, example: String = "TYPE:1", step: String = "NAME",
        reason: String = "it was done by hand"
    ) {
        self.noun = noun
        self.example = example
        self.step = step
        self.reason = reason
    }
}

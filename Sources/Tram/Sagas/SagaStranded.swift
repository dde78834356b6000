/// The program does not know the definition, a step or the data of a saga any more.
///
/// Nothing is wrong with the saga's row: a program that has the definition by which it was started
/// can go on with it, see ``SagaManager/init(_:formerly:id:formerIDs:)``. Until then its messages
/// fail, and it does not move. An operator can only abandon it.
public struct SagaStranded: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which saga it is.
    public let saga: SagaReference
    /// What the program does not know.
    public let reason: Reason

    /// What the program does not know.
    public enum Reason: Hashable, Sendable {
        /// The version of the definition that the saga was started with; the versions that the
        /// program has.
        case unknownVersion(Int, known: [Int])
        /// The step that is under way, or at which the saga has failed, is not in this version.
        case unknownStep(String, version: Int)
        /// A step that was done is not in this version, so it could not be compensated.
        case unknownStepDone(String, version: Int)
        /// The definition's type of data does not understand the saga's: what is wrong, with the
        /// key.
        case unreadableData(String)
    }

    /// What the program does not know, in words.
    public var detail: String {
        switch reason {
        case .unknownVersion(let version, let known):
            "it was started with version \(version) of its definition, and this program knows "
                + (known.count == 1 ? "version " : "versions ")
                + known.map(String.init).joined(separator: ", ")
        case .unknownStep(let step, let version):
            "it stands at the step '\(step)', which version \(version) of its definition does not have"
        case .unknownStepDone(let step, let version):
            "it has done the step '\(step)', which version \(version) of its definition does not have"
        case .unreadableData(let detail): detail
        }
    }

    public var description: String { "\(saga): \(detail)" }
}

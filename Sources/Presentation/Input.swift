internal import CustomersAndOrders
package import TramWorkbench

extension Input {
    /// The state that a saga must be in for a decision about it.
    package static func sagaState(_ text: String) throws -> String {
        guard SagaPlace.states.contains(text) else {
            throw Problem.invalid(
                .usage, field: "state", value: text, "a state of a saga",
                help: "choose one of: \(SagaPlace.states.joined(separator: ", "))")
        }
        return text
    }
}

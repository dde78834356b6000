internal import ArgumentParser
internal import Tram
public import TramWorkbench

/// A command that performs an action of the application: its options are the action's fields.
public protocol ActionCommand: SessionCommand where App == Performed.App {
    /// The action.
    associatedtype Performed: Action where Performed.Answer: Document

    /// The text of each option that was given, by the `ActionField.name` of its field.
    var values: [String: String?] { get }
    /// The option with which the command can be repeated.
    var idempotency: IdempotencyOptions { get }
    /// What could be done next.
    static var hint: Advice { get }
}

extension ActionCommand {
    public func run(in session: Session<App>) throws -> ExitStatus {
        let unknown = Set(values.keys).symmetricDifference(Performed.fields.map(\.name))
        precondition(unknown.isEmpty, "not fields of the action, or without an option: \(unknown)")
        let action = try Performed(ActionInput(Performed.fields, OptionValues(values: values)))
        let key = try idempotency.key
        let application = try Performed.makesStores ? session.openOrCreate() : session.open()
        try session.show(try action.perform(in: application, key: key))
        session.hint(Self.hint)
        return .done
    }
}

/// The values of options and arguments.
private struct OptionValues: ActionValues {
    let values: [String: String?]

    func text(of field: ActionField) -> String? { values[field.name] ?? nil }
    func name(of field: ActionField) -> String { field.optionName }
}

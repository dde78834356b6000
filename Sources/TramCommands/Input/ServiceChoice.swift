public import ArgumentParser
public import TramWorkbench

/// One of the application's services, as an argument: by the name of its store.
public struct ServiceChoice<App: Application>: ExpressibleByArgument {
    /// The service's name.
    public let name: String

    /// The service of this name; nil when the application has none.
    public init?(argument: String) {
        guard Self.allValueStrings.contains(argument) else { return nil }
        name = argument
    }

    /// The names of the application's services.
    public static var allValueStrings: [String] { App.definitions.map(\.name) }

    /// Shells complete the names of the services.
    public static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

    /// All of them in a sentence: `customer, order or history`.
    public static var sentence: String {
        let names = allValueStrings
        guard let last = names.last, names.count > 1 else { return names.joined() }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}

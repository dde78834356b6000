package import ArgumentParser
package import TramWorkbench

/// One of the application's services, as an argument: by the name of its store.
package struct ServiceChoice<App: Application>: ExpressibleByArgument {
    /// The service's name.
    package let name: String

    package init?(argument: String) {
        guard Self.allValueStrings.contains(argument) else { return nil }
        name = argument
    }

    package static var allValueStrings: [String] { App.definitions.map(\.name) }

    package static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

    /// All of them in a sentence: `customer, order or history`.
    package static var sentence: String {
        let names = allValueStrings
        guard let last = names.last, names.count > 1 else { return names.joined() }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}

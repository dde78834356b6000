public import ArgumentParser
public import TramWorkbench

/// The commands of the workbench for an application, in the order in which a help lists them. A root command
/// that adds them to its own has also those of later versions.
///
/// ```swift
/// subcommands: [BookCommand.self, ShowCommand.self] + WorkbenchCommands<Trips>.all
/// ```
public enum WorkbenchCommands<App: Application> {
    /// All but `serve`.
    public static var all: [any ParsableCommand.Type] { beforeServe + afterServe }

    fileprivate static var beforeServe: [any ParsableCommand.Type] {
        [
            RelayCommand<App>.self, OutboxCommand<App>.self, InboxCommand<App>.self,
            DeadLetterCommand<App>.self, SagaCommand<App>.self, SubscriberCommand<App>.self,
            StoreCommand<App>.self,
        ]
    }

    fileprivate static var afterServe: [any ParsableCommand.Type] { [SchemaCommand<App>.self] }
}

extension WorkbenchCommands where App: ServableApplication {
    /// All of them.
    public static var allWithServe: [any ParsableCommand.Type] {
        beforeServe + [ServeCommand<App>.self] + afterServe
    }
}

public import ArgumentParser
internal import Tram
public import TramWorkbench

/// `saga`: looks at sagas, and decides about those that do not go on by themselves.
public struct SagaCommand<App: Application>: ParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "saga",
            abstract: App.sagaWords.noun.map {
                "Look at the sagas that decide about \($0)s, and help those that are stuck."
            } ?? "Look at the sagas, and help those that are stuck.",
            discussion: """
                \(naming)

                Example:
                  \(App.name) saga show \(App.exampleSaga)
                """,
            subcommands: [
                List.self, Show.self, Retry.self, Resend.self, Skip.self, Rollback.self,
                Abandon.self,
            ])
    }

    private static var naming: String {
        let words = App.sagaWords
        let reference = "TYPE:ID, for example \(words.example)"
        return words.noun.map { "A saga is named by its \($0)'s id, or by \(reference)." }
            ?? "A saga is named \(reference)."
    }

    public init() {}

    struct List: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "list",
                abstract: App.sagaWords.noun.map {
                    "List the sagas of all \($0)s, choreographed and orchestrated."
                } ?? "List the sagas, orchestrated and choreographed.",
                discussion: """
                    A saga whose rows cannot be read is listed as damaged, and one whose definition, \
                    step or data this program does not know as stranded; the exit code is then 65.

                    Example:
                      \(App.name) saga list
                    """)
        }

        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let sagas = try session.open().workbench.sagas(session.availability)
            try session.show(ShownSaga<App>.list(sagas))
            guard let damaged = sagas.first(where: { !$0.damage.isEmpty }) else { return .done }
            session.hint(
                "'\(command: "saga show \(damaged.name.argument)")' says what is wrong")
            return .damaged
        }
    }

    struct Show: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show",
                abstract: "Show a saga's definition beside what happened.",
                discussion: """
                    Of a saga whose rows cannot all be read, it shows what can be read and says what \
                    is wrong; the exit code is then 65.

                    Example:
                      \(App.name) saga show \(App.exampleSaga)
                    """)
        }

        @Argument(help: App.helpOnSaga) var id: String
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let argument = try Input.saga(id, of: App.sagaWords)
            let workbench = try session.open().workbench
            let saga = try workbench.sagaStatus(
                of: workbench.saga(argument), session.availability)
            try session.show(ShownSaga<App>(saga: saga))
            return saga.damage.isEmpty ? .done : .damaged
        }
    }
}

extension Application {
    /// A saga as it is typed most easily, for examples.
    static var exampleSaga: String { sagaWords.noun == nil ? sagaWords.example : "1" }

    /// What a command's help says of the argument that names a saga.
    static var helpOnSaga: ArgumentHelp {
        ArgumentHelp(
            stringLiteral: sagaWords.noun.map { "The \($0)'s id, or the saga as TYPE:ID." }
                ?? "The saga as TYPE:ID.")
    }
}

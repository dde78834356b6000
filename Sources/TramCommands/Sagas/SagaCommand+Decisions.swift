internal import ArgumentParser
internal import Tram
internal import TramWorkbench

// The commands by which an operator decides about sagas.

extension SagaCommand {
    struct Retry: SagaDecisionCommand {
        static var decision: SagaDecision { .retry }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "retry",
                abstract: "Retry a saga that has failed or is stuck, from where it stands.",
                discussion: """
                    The compensation that was refused is sent again, or the outstanding command of a \
                    saga for which nothing is on its way. Asks only when an inbox shows that command \
                    handled.

                    Example:
                      \(App.name) saga retry \(App.exampleSaga)
                      \(App.name) saga retry --where state=failed --dry-run
                    """)
        }

        @OptionGroup var options: SagaDecisionOptions<App>
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>
    }

    struct Resend: SagaDecisionCommand {
        static var decision: SagaDecision { .resend }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "resend",
                abstract: "Send the outstanding command of a stuck saga again.",
                discussion: """
                    The command is built anew from the step. Refused while it or its reply is on its \
                    way; a reply to the old one does not count any more. Says first when an inbox \
                    shows the old one handled: its effect may then happen twice. Asks first at a \
                    terminal; elsewhere it needs --yes.

                    Example:
                      \(App.name) saga resend \(App.exampleSaga) --reason "the command was discarded" --yes
                    """)
        }

        @OptionGroup var options: SagaDecisionOptions<App>
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>
    }

    struct Skip: SagaDecisionCommand {
        static var decision: SagaDecision { .skip }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "skip",
                abstract: "Count the step that a saga stands at as done.",
                discussion: """
                    The saga goes on with the next step; one that rolls back, with the step before. \
                    A late reply does not count any more. What follows from that is told by \
                    '\(App.name) store check'. Asks first at a terminal; elsewhere it needs --yes. \
                    With --step and --state it is safe to repeat: refused when the saga stands at \
                    another step, or at the compensation instead of the action.

                    Example:
                      \(App.name) saga skip \(App.exampleSaga) --reason "\(App.sagaWords.reason)" --yes
                      \(App.name) saga skip \(App.exampleSaga) --step "\(App.sagaWords.step)" --state running --yes
                    """)
        }

        @OptionGroup var options: SagaDecisionOptions<App>
        @Option(
            help: ArgumentHelp("Only if the saga stands at this step.", valueName: "name"))
        var step: String?
        @Option(
            help: ArgumentHelp(
                "Only if the saga is running, compensating or failed.", valueName: "state"))
        var state: String?
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        var place: SagaPlace {
            get throws { SagaPlace(step: step, state: try state.map(Input.sagaState)) }
        }
    }

    struct Rollback: SagaDecisionCommand {
        static var decision: SagaDecision { .rollback }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "rollback", abstract: "Undo what a saga has done so far.",
                discussion: """
                    The step that it stands at is undone too: its command may have been carried out. \
                    Refused when a step was done at a participant and has no compensation. Asks first \
                    at a terminal; elsewhere it needs --yes.

                    Example:
                      \(App.name) saga rollback \(App.exampleSaga) --reason "it is no longer wanted" --yes
                    """)
        }

        @OptionGroup var options: SagaDecisionOptions<App>
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>
    }

    struct Abandon: SagaDecisionCommand {
        static var decision: SagaDecision { .abandon }
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "abandon",
                abstract: "End a saga as failed for good, and free its locks.",
                discussion: """
                    What was done stays done. It can never be taken up again. What follows from that \
                    is told by '\(App.name) store check'. It is the only way out for a saga that is \
                    stranded or damaged. Asks first at a terminal; elsewhere it needs --yes.

                    Example:
                      \(App.name) saga abandon \(App.exampleSaga) --reason "settled by mail" --yes
                      \(App.name) saga abandon --where state=stranded --dry-run
                    """)
        }

        @OptionGroup var options: SagaDecisionOptions<App>
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>
    }
}

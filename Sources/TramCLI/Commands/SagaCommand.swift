internal import ArgumentParser
internal import Contracts
internal import CustomersAndOrders
internal import Orders
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramWorkbench

struct SagaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "saga",
        abstract: "Look at the sagas that decide about orders, and help those that are stuck.",
        discussion: """
            A saga is named by its order's id.

            Example:
              tram saga show 1
            """,
        subcommands: [
            List.self, Show.self, Retry.self, Resend.self, Skip.self, Rollback.self,
            Abandon.self,
        ])

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the sagas of all orders, choreographed and orchestrated.",
            discussion: """
                A saga whose rows cannot be read is listed as damaged, and one whose definition, \
                step or data this program does not know as stranded; the exit code is then 65.

                Example:
                  tram saga list
                """)

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let sagas = try session.open().sagas(session.availability)
            try session.show(
                ListDocument(
                    elements: sagas.map(ShownSaga.init),
                    columns: [
                        .left("ORDER"), .left("SAGA"), .left("STATE"), .right("MESSAGES"),
                        .left("STEP"), .left("WAITING FOR"),
                    ], empty: "No sagas.", id: { "\($0.saga.order.id)" }
                ) { shown in
                    let saga = shown.saga
                    return [
                        "\(saga.order.id)", saga.order.saga.rawValue, saga.state,
                        "\(saga.messages.count)", saga.step.map(escaped) ?? "-",
                        saga.wait.isStuck
                            ? "stuck: nothing is on its way"
                            : (saga.wait.deliveries.map {
                                "\($0.subscriber) to handle \($0.message.id)"
                            } + [saga.wait.retry?.description].compactMap { $0 })
                            .joined(separator: ", "),
                    ]
                })
            guard let damaged = sagas.first(where: { !$0.damage.isEmpty }) else { return .done }
            session.hint("'\(command: "saga show \(damaged.order.id)")' says what is wrong")
            return .damaged
        }
    }

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a saga's definition beside what happened.",
            discussion: """
                Of a saga whose rows cannot all be read, it shows what can be read and says what \
                is wrong; the exit code is then 65.

                Example:
                  tram saga show 1
                """)

        @Argument(help: "The order's id.") var id: String
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let id = try Input.id(id, field: "id")
            let saga = try session.open().saga(ofOrder: id, session.availability)
            try session.show(ShownSaga(saga: saga))
            return saga.damage.isEmpty ? .done : .damaged
        }
    }
}

extension SagaCommand {
    struct Retry: SagaDecisionCommand {
        static let decision = SagaDecision.retry
        static let configuration = CommandConfiguration(
            abstract: "Retry a saga that has failed or is stuck, from where it stands.",
            discussion: """
                The compensation that was refused is sent again, or the outstanding command of a \
                saga for which nothing is on its way. Asks only when an inbox shows that command \
                handled.

                Example:
                  tram saga retry 1
                  tram saga retry --where state=failed --dry-run
                """)

        @OptionGroup var options: SagaDecisionOptions
        @OptionGroup(title: "Global options") var global: GlobalOptions
    }

    struct Resend: SagaDecisionCommand {
        static let decision = SagaDecision.resend
        static let configuration = CommandConfiguration(
            abstract: "Send the outstanding command of a stuck saga again.",
            discussion: """
                The command is built anew from the step. Refused while it or its reply is on its \
                way; a reply to the old one does not count any more. Says first when an inbox shows \
                the old one handled: its effect may then happen twice. Asks first at a terminal; \
                elsewhere it needs --yes.

                Example:
                  tram saga resend 1 --reason "the command was discarded" --yes
                """)

        @OptionGroup var options: SagaDecisionOptions
        @OptionGroup(title: "Global options") var global: GlobalOptions
    }

    struct Skip: SagaDecisionCommand {
        static let decision = SagaDecision.skip
        static let configuration = CommandConfiguration(
            abstract: "Count the step that a saga stands at as done.",
            discussion: """
                The saga goes on with the next step; one that rolls back, with the step before. \
                A late reply does not count any more. What follows from that is told by 'tram store \
                check'. Asks first at a terminal; elsewhere it needs --yes. With --step and --state it \
                is safe to repeat: refused when the saga stands at another step, or at the \
                compensation instead of the action.

                Example:
                  tram saga skip 1 --reason "credit was reserved by hand" --yes
                  tram saga skip 1 --step "reserve credit" --state running --yes
                """)

        @OptionGroup var options: SagaDecisionOptions
        @Option(
            help: ArgumentHelp("Only if the saga stands at this step.", valueName: "name"))
        var step: String?
        @Option(
            help: ArgumentHelp(
                "Only if the saga is running, compensating or failed.", valueName: "state"))
        var state: String?
        @OptionGroup(title: "Global options") var global: GlobalOptions

        var place: SagaPlace {
            get throws { SagaPlace(step: step, state: try state.map(Input.sagaState)) }
        }
    }

    struct Rollback: SagaDecisionCommand {
        static let decision = SagaDecision.rollback
        static let configuration = CommandConfiguration(
            abstract: "Undo what a saga has done so far.",
            discussion: """
                The step that it stands at is undone too: its command may have been carried out. \
                Refused when a step was done at a participant and has no compensation. Asks first \
                at a terminal; elsewhere it needs --yes.

                Example:
                  tram saga rollback 1 --reason "the customer has changed her mind" --yes
                """)

        @OptionGroup var options: SagaDecisionOptions
        @OptionGroup(title: "Global options") var global: GlobalOptions
    }

    struct Abandon: SagaDecisionCommand {
        static let decision = SagaDecision.abandon
        static let configuration = CommandConfiguration(
            abstract: "End a saga as failed for good, and free its locks.",
            discussion: """
                What was done stays done. It can never be taken up again. What follows from that is \
                told by 'tram store check'. It is the only way out for a saga that is stranded or \
                damaged. Asks first at a terminal; elsewhere it needs --yes.

                Example:
                  tram saga abandon 1 --reason "settled by mail" --yes
                  tram saga abandon --where state=stranded --dry-run
                """)

        @OptionGroup var options: SagaDecisionOptions
        @OptionGroup(title: "Global options") var global: GlobalOptions
    }
}

private struct ShownSaga: Document {
    let saga: OrderSaga

    func text(_ style: Style) -> String {
        var lines = [
            "Saga of order \(saga.order.id): \(saga.state)",
            "  kind          \(saga.order.saga.rawValue)",
        ]
        if let id = saga.order.sagaID {
            lines.append("  instance      \(CreateOrderSaga.sagaType) \(id)")
        }
        let label = saga.state == "stranded" ? "stranded" : "damage  "
        lines += saga.damage.map { "  \(label)      \(escaped($0))" }
        if let version = saga.version, version != 1 {
            lines.append("  version       \(version)")
        }
        if let step = saga.step { lines.append("  step          \(escaped(step))") }
        if saga.isPurged { lines.append("  log           purged") }
        lines += saga.wait.lines
        if saga.wait.isStuck {
            lines.append(
                "  stuck: nothing is on its way; see tram saga \(saga.wait.wayOut.rawValue)")
        }
        lines += saga.messages.map { "  message       \($0.id) \(escaped($0.type))" }
        return lines.joined(separator: "\n") + "\n" + definition + history
    }

    private var definition: String {
        guard let definition = saga.definition else { return "" }
        return Table(
            columns: [.left("STEP"), .left("ACTION"), .left("COMPENSATION")],
            rows: definition.steps.map {
                [$0.name, $0.action?.description ?? "-", $0.compensation?.description ?? "-"]
            }
        ).text
    }

    private var history: String {
        guard let first = saga.log.first, let last = saga.log.last
        else { return "" }
        let table = Table(
            columns: [.left("HAPPENED"), .left("STEP"), .left("MESSAGE")],
            rows: saga.log.map { entry in
                [
                    entry.event.rawValue, entry.step.map(escaped) ?? "-",
                    [entry.message?.description, entry.detail].compactMap { $0 }
                        .filter { !$0.isEmpty }.map(escaped).joined(separator: " "),
                ]
            })
        return table.text
            + "Data before: \(escaped(first.data))\nData after:  \(escaped(last.data))\n"
    }

    var json: JSON { saga.json }
}

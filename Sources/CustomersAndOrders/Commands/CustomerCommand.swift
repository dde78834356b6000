internal import ArgumentParser
internal import Contracts
internal import Customers
internal import CustomersAndOrders
internal import Tram
internal import TramCommands
package import TramWorkbench

struct CustomerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer", abstract: "Create customers and look at their credit.",
        discussion: """
            Example:
              tram customer create --name "Jane Doe" --credit-limit 5
            """,
        subcommands: [Create.self, Show.self, List.self])

    struct Create: ActionCommand {
        typealias Performed = CreateCustomer
        static let hint: Advice = "'\(command: "relay run")' delivers the message"
        static let configuration = CommandConfiguration(
            abstract: "Create a customer; makes the stores if there are none.",
            discussion: """
                With an idempotency key, the command can be repeated: it creates one customer, and \
                prints the same each time.

                Example:
                  tram customer create --name "Jane Doe" --credit-limit 5
                  tram customer create --name "Jane Doe" --credit-limit 5 --idempotency-key jane-1
                """)

        @Option(parsing: .unconditional, help: "1 to 200 characters.")
        var name: String

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("For example 5 or 12.34.", valueName: "amount"))
        var creditLimit: String

        @OptionGroup var idempotency: IdempotencyOptions

        @OptionGroup(title: "Global options") var global: GlobalOptions

        var values: [String: String?] { ["name": name, "creditLimit": creditLimit] }
    }

    struct Show: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a customer's limit, reserved and available credit.",
            discussion: """
                Example:
                  tram customer show 1
                """)

        @Argument(help: "The customer's id.") var id: String
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let id = try Input.id(id, field: "id")
            guard let customer = try session.open().customers.customer(id) else {
                throw Problem.customerNotFound(id)
            }
            try session.show(ShownCustomer(customer: customer))
            return .done
        }
    }

    struct List: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all customers.",
            discussion: """
                Example:
                  tram customer list --json
                """)

        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let service = try session.open().customers
            let customers = try collectPages(
                { try service.customers(after: $0, limit: pageSize) }, id: \.id)
            try session.show(
                ListDocument(
                    elements: customers.map(ShownCustomer.init),
                    columns: [
                        .left("CUSTOMER"), .right("LIMIT"), .right("RESERVED"),
                        .right("AVAILABLE"), .left("NAME"),
                    ], empty: "No customers.", id: { "\($0.customer.id)" }
                ) {
                    [
                        "\($0.customer.id)", "\($0.customer.creditLimit)",
                        "\($0.customer.reserved)", "\($0.customer.available)",
                        escaped($0.customer.name.description),
                    ]
                })
            return .done
        }
    }
}

extension CreatedCustomer: Document {
    package func text(_ style: Style) -> String {
        "Created customer \(customer.id): \(escaped(customer.name.description)), "
            + "credit limit \(customer.creditLimit)\n" + publishedLine(published)
    }

    package var quietText: String? { "\(customer.id)" }
}

private struct ShownCustomer: Document {
    let customer: Customer

    func text(_ style: Style) -> String {
        """
        Customer \(customer.id): \(escaped(customer.name.description))
          credit limit  \(customer.creditLimit)
          reserved      \(customer.reserved)
          available     \(customer.available)

        """
    }

    var json: JSON { .object(customer.jsonMembers + customer.jsonCreditMembers) }
}

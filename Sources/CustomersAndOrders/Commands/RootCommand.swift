internal import ArgumentParser
internal import CustomersAndOrders
internal import TramCommands
internal import TramWorkbench

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tram",
        abstract: "The workbench for sagas: transactional messaging, one visible step at a time.",
        discussion: """
            Three services, each with a store of its own, process orders together: customers, \
            orders, and the order history. They tell one another what happened by messages, which \
            wait in each service's outbox until the relay delivers them.

            Example:
              tram customer create --name "Jane Doe" --credit-limit 5
              tram order create --customer-id 1 --order-total 4
              tram relay run
              tram order show 1

            To look into a store: sqlite3 -readonly .tram/order.db
            """,
        version: CustomersAndOrders.version,
        subcommands: [CustomerCommand.self, OrderCommand.self, HistoryCommand.self]
            + WorkbenchCommands<CustomersAndOrders>.allWithServe)

    @OptionGroup(title: "Global options") var global: GlobalOptions
}

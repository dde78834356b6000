internal import CustomersAndOrders
internal import TramCommands

// The commands of the example work on its stores.

typealias Session = TramCommands.Session<CustomersAndOrders>
typealias GlobalOptions = TramCommands.GlobalOptions<CustomersAndOrders>

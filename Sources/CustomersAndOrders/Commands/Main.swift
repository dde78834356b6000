internal import CustomersAndOrders
internal import TramCommands

@main
enum Main {
    static func main() {
        CommandLineProgram<CustomersAndOrders>(RootCommand.self).run()
    }
}

internal import CustomersAndOrders
internal import CustomersAndOrdersHTTP
internal import TramHTTPServer
internal import TramWorkbench

/// The process: what `tram serve` becomes when it has checked what it was asked for.
@main
enum Main {
    static func main() {
        ServerProgram<CustomersAndOrders>(
            building: "build it with: make build, or swift build --traits Server"
        ).run()
    }
}

internal import ArgumentParser
package import CustomersAndOrders
internal import TramCommands
package import TramWorkbench

/// The ports of the three services.
package struct ServicePorts: PortOptions {
    package static let served = "the three services"
    package static let exampleURL = "http://localhost:8081/orders"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port of the Order Service; 0 for a free one.", valueName: "port"))
    package var ordersPort = "8081"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port of the Customer Service.", valueName: "port"))
    package var customersPort = "8082"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port of the Order History Service.", valueName: "port"))
    package var historyPort = "8083"

    package init() {}

    package func ports() throws -> [ServicePort] {
        [
            try ServicePort(ServiceName.order, label: "orders", ordersPort),
            try ServicePort(ServiceName.customer, label: "customers", customersPort),
            try ServicePort(ServiceName.history, historyPort),
        ]
    }
}

extension CustomersAndOrders: ServableApplication {
    package typealias Ports = ServicePorts

    /// Becomes `tram-serve`: so `tram` stays small and starts fast.
    package static func serve(_ configuration: ServeConfiguration) throws {
        try becomeServer(configuration, help: "build or install both: make release")
    }
}

package import CustomersAndOrders
package import TramHTTP
package import TramWorkbench

typealias Endpoint = TramHTTP.Endpoint<CustomersAndOrders>

extension CustomersAndOrders: HTTPApplication {
    package static let httpServices = [
        service(ServiceName.order, "Order Service", OrderEndpoints.all),
        service(ServiceName.customer, "Customer Service", CustomerEndpoints.all),
        service(ServiceName.history, "Order History Service", HistoryEndpoints.all),
    ]

    private static func service(
        _ name: String, _ title: String, _ endpoints: [TramHTTP.Endpoint<CustomersAndOrders>]
    ) -> HTTPService<CustomersAndOrders> {
        HTTPService(
            name, title: title,
            description: "One of the three services of Customers and Orders, served by tram.",
            endpoints: endpoints)
    }

    package static var schemas: [JSON.Member] { JSONSchema.ofCustomersAndOrders }

    package static var problemCodes: [Problem.Code] { Problem.Code.ofCustomersAndOrders }
}

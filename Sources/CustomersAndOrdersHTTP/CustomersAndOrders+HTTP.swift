package import CustomersAndOrders
internal import Presentation
internal import Tram
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

    package static let servedSagas = ServedSagas(
        of: CustomersAndOrders.self, endpoints: SagaEndpoints.all,
        schemas: [
            JSON.Member(
                "DecidedSaga",
                JSONSchema.object([
                    "orderId": JSONSchema.id, "effects": JSONSchema.array(of: JSONSchema.text),
                    "published": JSONSchema.array(of: JSONSchema.text),
                ]))
        ], relayStatusSchema: JSONSchema.relayStatus,
        relayStatus: { try $0.relayStatus($1).json },
        needs: { application, availability in
            let helpless = try application.helplessSagas(availability)
            return HelplessSaga.Need.words.map { word in
                (need: word, sagas: helpless.count { $0.need.word == word })
            }
        })
}

extension HelplessSaga.Need {
    fileprivate static let words = ["stuck", "stranded", "failed"]

    fileprivate var word: String {
        switch self {
        case .stuck: "stuck"
        case .stranded: "stranded"
        case .failed: "failed"
        }
    }
}

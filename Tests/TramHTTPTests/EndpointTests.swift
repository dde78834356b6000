import CustomersAndOrders
import CustomersAndOrdersHTTP
import Testing
import TramWorkbench

@testable import DepotProbe
@testable import TramHTTP

@Suite struct EndpointTests {
    @Test func `a path matches its form and nothing else`() {
        let path: Path = "/orders/{id}/cancel"
        #expect(path.match("/orders/7/cancel") == ["id": "7"])
        for other in [
            "/orders/7", "/orders/7/cancel/", "orders/7/cancel", "/orders/7/cancel/x", "",
            "//orders/7/cancel", "/orders//cancel",
        ] {
            #expect(path.match(Substring(other)) == nil, "\(other)")
        }
        #expect(path.places == ["id"])
    }

    @Test func `the document tells of every endpoint, by a name of its own`() throws {
        try expectWholeDocuments(of: CustomersAndOrders.self)
        try expectWholeDocuments(of: Depot.self)
    }

    private func expectWholeDocuments<App: HTTPApplication>(of application: App.Type) throws {
        let operating = OperatingEndpoints(
            of: App.self, metrics: Metrics(), relay: nil, parking: ServedParking()
        ) { _ in }
        for service in App.httpServices.map(AnyHTTPService.init) {
            let endpoints = operating.all(besides: service, asksForToken: false)
            #expect(Set(endpoints.map(\.name)).count == endpoints.count)
            let text = OpenAPI.document(
                of: service, version: App.version, endpoints,
                schemas: JSONSchema.components(of: App.self), asksForToken: false
            ).text
            for endpoint in endpoints {
                #expect(text.contains("\"\(endpoint.path)\":{"))
                #expect(text.contains("\"operationId\":\"\(endpoint.name)\""))
            }
            // It is JSON, so no key is there twice.
            _ = try JSON(parsing: Array(text.utf8))
        }
    }

    @Test func `a histogram counts what is at most its bound`() {
        let metrics = Metrics()
        for seconds in [0.0001, 0.002, 0.002, 99] {
            metrics.observe(.commitTime, ["store": "order"], seconds: seconds)
        }
        metrics.count(.duplicates, by: 3)
        let lines = metrics.text(with: [Scrape.Reading(.leader, 1)]).split(separator: "\n")
        for line in [
            #"tram_commit_seconds_bucket{store="order",le="0.0001"} 1"#,
            #"tram_commit_seconds_bucket{store="order",le="0.001"} 1"#,
            #"tram_commit_seconds_bucket{store="order",le="0.0025"} 3"#,
            #"tram_commit_seconds_bucket{store="order",le="10.0"} 3"#,
            #"tram_commit_seconds_bucket{store="order",le="+Inf"} 4"#,
            #"tram_commit_seconds_count{store="order"} 4"#, "# TYPE tram_commit_seconds histogram",
            "eventuate_cdc_events_duplicates_total 3", "eventuate_cdc_leader 1",
        ] {
            #expect(lines.contains(Substring(line)), "\(line)")
        }
    }

    @Test func `no two metrics have one name, and a label's value is escaped`() {
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
        let gauge = Metric("depot_x", .gauge, "Something, now.")
        let text = Metrics([gauge]).text(with: [
            Scrape.Reading(gauge, 7, ["of": "a \"b\" \\ c\nd"])
        ])
        #expect(text.hasSuffix("# TYPE depot_x gauge\ndepot_x{of=\"a \\\"b\\\" \\\\ c\\nd\"} 7\n"))
    }

    @Test func `a query's parameters are given once`() throws {
        func head(_ target: String) -> RequestHead {
            RequestHead(method: "GET", target: target, hosts: ["localhost"], fields: [])
        }
        #expect(try head("/x").query() == [:])
        #expect(try head("/x?a=1&b=&c").query() == ["a": "1", "b": "", "c": ""])
        #expect(head("/x?a").path == "/x")
        #expect(throws: Problem.self) { try head("/x?a=1&a=2").query() }
        #expect(throws: Problem.self) { try head("/x?a=1&%61=2").query() }
    }

    @Test func `a query is percent-decoded`() throws {
        func value(_ text: String) throws -> String? {
            try RequestHead(
                method: "GET", target: "/x?a=" + text, hosts: ["localhost"], fields: []
            ).query()["a"]
        }
        #expect(try value("order%3A1") == "order:1")
        #expect(try value("order:1") == "order:1")
        #expect(try value("%C3%bc%25+") == "ü%+")
        for text in ["%", "%4", "%zz", "%ff", "%+1", "a%", "%2"] {
            #expect(throws: Problem.self, "\(text)") { try value(text) }
        }
    }
}

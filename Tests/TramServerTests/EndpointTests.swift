import Presentation
import Testing
import TramWorkbench

@testable import TramServer

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
        let operating = OperatingEndpoints(metrics: Metrics(), relay: nil, parking: ServedParking())
        { _ in }
        for own in [CustomerEndpoints.all, OrderEndpoints.all, HistoryEndpoints.all] {
            let endpoints = operating.all(besides: own, title: "x", asksForToken: false)
            #expect(Set(endpoints.map(\.name)).count == endpoints.count)
            let text = OpenAPI.document(of: "x", endpoints, asksForToken: false).text
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
        metrics.set(.leader, to: 1)
        let lines = metrics.text.split(separator: "\n")
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

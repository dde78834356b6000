#if Server
    import Platform
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// A running `tram serve` on free ports. It is killed when the test forgets it.
    final class ServedSystem {
        let workbench: Workshop
        let process: ChildProcess
        let orders: Int
        let customers: Int
        let history: Int

        init(_ options: String..., in workbench: Workshop? = nil) throws {
            let workbench = try workbench ?? Workshop()
            self.workbench = workbench
            process = try ChildProcess(
                TramProcess.program,
                ["serve", "--json", "--data-dir", workbench.data, "--orders-port", "0"]
                    + ["--customers-port", "0", "--history-port", "0"] + options)
            let deadline = MonotonicTime.now() + 30_000
            while try !process.outputSoFar().hasSuffix("\n") {
                guard MonotonicTime.now() < deadline, kill(process.id, 0) == 0 else {
                    throw NotServing(errors: try process.errorsSoFar())
                }
                MonotonicTime.sleep(milliseconds: 5)
            }
            let json = try JSON(parsing: Array(process.outputSoFar().utf8))
            func port(_ service: String) throws -> Int {
                try #require(json[service]?["port"]?.integer)
            }
            orders = try port("orders")
            customers = try port("customers")
            history = try port("history")
        }

        struct NotServing: Error {
            let errors: String
        }

        func get(_ port: Int, _ path: String) throws -> HTTPResponse {
            try HTTPConnection(port: port).request("GET", path)
        }

        func post(_ port: Int, _ path: String, _ body: String? = nil) throws -> HTTPResponse {
            try HTTPConnection(port: port).request("POST", path, body)
        }

        func createCustomer(limit: String) throws -> Int {
            let answer = try post(
                customers, "/customers", #"{"name":"Jane Doe","creditLimit":{"amount":\#(limit)}}"#)
            return try #require(answer.json["customerId"]?.integer, "\(answer.body)")
        }

        func createOrder(customer: Int, total: String, _ saga: SagaKind) throws -> Int {
            let answer = try post(
                orders, "/orders",
                #"{"customerId":\#(customer),"orderTotal":{"amount":\#(total)},"saga":"\#(saga)"}"#)
            return try #require(answer.json["orderId"]?.integer, "\(answer.body)")
        }

        /// Asks for an order until it is in this state.
        func expect(
            order: Int, toBe state: String, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            try eventually("order \(order) is \(state)", sourceLocation: sourceLocation) {
                try get(orders, "/orders/\(order)").json["orderState"] == .string(state)
            }
        }

        /// Asks for a customer's history until it shows the order in this state.
        func expect(
            history customer: Int, toShow order: Int, _ state: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            try eventually("the history shows \(state)", sourceLocation: sourceLocation) {
                try get(history, "/customers/\(customer)")
                    .json["orders"]?["\(order)"]?["state"] == .string(state)
            }
        }

        /// Ends the server, which must end orderly.
        @discardableResult
        func stop(
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws -> ChildProcess.Result {
            process.send(SIGTERM)
            let result = try process.wait()
            #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
            return result
        }
    }

    enum SagaKind: String, CaseIterable, CustomStringConvertible {
        case choreography, orchestration

        var description: String { rawValue }
    }

    /// Asks until the answer is yes.
    func eventually(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () throws -> Bool
    ) throws {
        let deadline = MonotonicTime.now() + 20_000
        while try !condition() {
            guard MonotonicTime.now() < deadline else {
                Issue.record("not within 20 s: \(what)", sourceLocation: sourceLocation)
                return
            }
            MonotonicTime.sleep(milliseconds: 5)
        }
    }

    extension HTTPResponse {
        var json: JSON { JSON.text(body) }
        var code: String? { json["code"]?.string }
    }

    extension JSON {
        subscript(key: String) -> JSON? {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.key == key }?.value
        }

        var integer: Int? {
            guard case .number(let digits) = self else { return nil }
            return Int(digits)
        }

        var string: String? {
            guard case .string(let text) = self else { return nil }
            return text
        }

        var elements: [JSON]? {
            guard case .array(let elements) = self else { return nil }
            return elements
        }
    }
#endif

#if Server
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// The seed's session and the end-to-end scenarios of the original, over HTTP, under its names.
    @Suite struct ScenarioTests {
        let served: ServedSystem

        init() throws {
            served = try ServedSystem()
        }

        @Test(arguments: SagaKind.allCases) func `the seed's session`(saga: SagaKind) throws {
            let customer = try served.post(
                served.customers, "/customers",
                """
                {
                  "creditLimit": {
                    "amount": 5
                  },
                  "name": "Jane Doe"
                }
                """)
            #expect(customer.status == 200)
            #expect(customer.headers["content-type"] == "application/json")
            #expect(customer.body == #"{"customerId":1}"#)

            let order = try served.post(
                served.orders, "/orders",
                """
                {
                  "customerId": 1,
                  "orderTotal": {
                    "amount": 4
                  },
                  "saga": "\(saga)"
                }
                """)
            #expect(order.status == 200)
            #expect(order.body == #"{"orderId":1}"#)

            try served.expect(order: 1, toBe: "APPROVED")
            #expect(
                try served.get(served.orders, "/orders/1").body
                    == #"{"orderId":1,"orderState":"APPROVED","rejectionReason":null,"#
                    + #""customerId":1,"orderTotal":{"amount":4},"saga":"\#(saga)","#
                    + #""waitingFor":[],"stuck":false}"#)
            try served.expect(history: 1, toShow: 1, "APPROVED")
            #expect(
                try served.get(served.history, "/customers/1").body
                    == #"{"id":1,"orders":{"1":{"state":"APPROVED","orderTotal":{"amount":4}}},"#
                    + #""name":"Jane Doe","creditLimit":{"amount":5}}"#)
            try served.stop()
            #expect(try served.workbench.run("store", "check").status == 0)
        }

        @Test(arguments: SagaKind.allCases) func `shouldApprove`(saga: SagaKind) throws {
            let customer = try served.createCustomer(limit: "15.00")
            let order = try served.createOrder(customer: customer, total: "12.34", saga)
            try served.expect(order: order, toBe: "APPROVED")
            #expect(
                try served.get(served.customers, "/customers/\(customer)").body
                    == #"{"customerId":1,"name":"Jane Doe","creditLimit":{"amount":15},"#
                    + #""reserved":{"amount":12.34},"available":{"amount":2.66}}"#)
        }

        @Test(arguments: SagaKind.allCases)
        func `shouldRejectBecauseOfInsufficientCredit`(saga: SagaKind) throws {
            let customer = try served.createCustomer(limit: "15.00")
            let order = try served.createOrder(customer: customer, total: "123.40", saga)
            try served.expect(order: order, toBe: "REJECTED")
            #expect(
                try served.get(served.orders, "/orders/\(order)").json["rejectionReason"]
                    == .string("INSUFFICIENT_CREDIT"))
        }

        @Test(arguments: SagaKind.allCases)
        func `shouldRejectBecauseOfUnknownCustomer`(saga: SagaKind) throws {
            let order = try served.createOrder(customer: .max, total: "1", saga)
            try served.expect(order: order, toBe: "REJECTED")
            #expect(
                try served.get(served.orders, "/orders/\(order)").json["rejectionReason"]
                    == .string("UNKNOWN_CUSTOMER"))
            // As in the original, the history now knows of a customer without a name.
            try served.expect(history: .max, toShow: order, "REJECTED")
            #expect(try served.get(served.history, "/customers/\(Int.max)").json["name"] == .null)
        }

        @Test(arguments: SagaKind.allCases) func `shouldCancel`(saga: SagaKind) throws {
            let customer = try served.createCustomer(limit: "15.00")
            let order = try served.createOrder(customer: customer, total: "12.34", saga)
            try served.expect(order: order, toBe: "APPROVED")
            let cancelled = try served.post(served.orders, "/orders/\(order)/cancel")
            #expect(cancelled.status == 200)
            #expect(cancelled.json["orderId"] == .number("\(order)"))
            #expect(cancelled.json["orderState"] == .string("CANCELLED"))
            try served.expect(order: order, toBe: "CANCELLED")
            try served.expect(history: customer, toShow: order, "CANCELLED")
            // The credit is free again.
            let another = try served.createOrder(customer: customer, total: "15", saga)
            try served.expect(order: another, toBe: "APPROVED")
        }

        @Test(arguments: SagaKind.allCases)
        func `shouldRejectApproveAndKeepOrdersInHistory`(saga: SagaKind) throws {
            let customer = try served.createCustomer(limit: "1000")
            let first = try served.createOrder(customer: customer, total: "100", saga)
            let second = try served.createOrder(customer: customer, total: "1000", saga)
            try served.expect(history: customer, toShow: first, "APPROVED")
            try served.expect(history: customer, toShow: second, "REJECTED")
            #expect(
                try served.get(served.history, "/customers/\(customer)/orderhistory").body
                    == served.get(served.history, "/customers/\(customer)").body)
        }

        @Test func `shouldHandleOrderHistoryQueryForUnknownCustomer`() throws {
            for path in ["/customers/99", "/customers/99/orderhistory"] {
                let answer = try served.get(served.history, path)
                #expect(answer.status == 404)
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.code == "customer-not-found")
            }
        }

        @Test func `shouldGetCustomers and shouldGetOrders`() throws {
            #expect(try served.get(served.customers, "/customers").body == #"{"customers":[]}"#)
            #expect(try served.get(served.orders, "/orders").body == #"{"orders":[]}"#)
            #expect(try served.get(served.orders, "/orders/customer/1").body == "[]")
            for _ in 1...2 { _ = try served.createCustomer(limit: "5") }
            for customer in [1, 2, 1] {
                _ = try served.createOrder(customer: customer, total: "1", .choreography)
            }
            try served.expect(order: 3, toBe: "APPROVED")
            let customers = try served.get(served.customers, "/customers").json["customers"]
            #expect(customers?.elements?.map { $0["customerId"]?.integer } == [1, 2])
            let orders = try served.get(served.orders, "/orders").json["orders"]
            #expect(orders?.elements?.map { $0["orderId"]?.integer } == [1, 2, 3])
            let ofOne = try served.get(served.orders, "/orders/customer/1").json
            #expect(ofOne.elements?.map { $0["orderId"]?.integer } == [1, 3])
        }

        @Test func `a long list comes in pieces, and whole`() throws {
            let connection = try HTTPConnection(port: served.customers)
            for _ in 1...1203 {
                let created = try connection.request(
                    "POST", "/customers", #"{"name":"x","creditLimit":{"amount":1}}"#)
                #expect(created.status == 200)
            }
            let list = try connection.request("GET", "/customers")
            #expect(list.headers["transfer-encoding"] == "chunked")
            let ids = list.json["customers"]?.elements?.map { $0["customerId"]?.integer }
            #expect(ids == Array(1...1203))
            // The connection goes on.
            #expect(try connection.request("GET", "/customers/1203").status == 200)
        }
    }
#endif

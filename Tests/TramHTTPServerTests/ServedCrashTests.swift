#if Server
    import Foundation
    import Platform
    import Synchronization
    import TestSupport
    import Testing
    internal import TramWorkbench

    /// What was answered with 200 is there, whatever happens to the server, and whoever else is at work.
    @Suite(.serialized) struct ServedCrashTests {
        /// What clients were told.
        private struct Tally {
            var orders: Set<Int> = []
            var surprises: [String] = []
        }

        @Test func `killed in the middle of a load, nothing that was answered is lost`() throws {
            let seed = testSeed()
            print("served crash test: seed \(seed)")
            var random = SplitMix64(seed: seed)
            let workbench = try Workshop()
            for _ in 1...4 {
                try workbench.succeed(
                    "customer", "create", "--name", "x", "--credit-limit", "1000")
            }
            let tally = Mutex(Tally())
            for round in 1...12 {
                let served = try ServedSystem("-q", in: workbench)
                let (port, process) = (served.orders, served.process.id)
                let moment = UInt32.random(in: 5_000...400_000, using: &random)
                let seeds = (0...8).map { _ in random.next() }
                inParallel(9) { worker in
                    if worker == 0 {
                        usleep(moment)
                        kill(process, SIGKILL)
                    } else {
                        createUntilItEnds(port, SplitMix64(seed: seeds[worker]), tally)
                    }
                }
                #expect(try served.process.wait().status == 128 + SIGKILL, "round \(round)")
            }
            let result = tally.withLock { $0 }
            print("served crash test: 12 kills, \(result.orders.count) orders answered with 200")
            #expect(result.surprises == [])
            #expect(result.orders.count > 100)
            try check(workbench, result.orders)
        }

        /// Creates orders until the server is gone.
        private func createUntilItEnds(
            _ port: Int, _ random: SplitMix64, _ tally: borrowing Mutex<Tally>
        ) {
            var random = random
            do {
                let connection = try HTTPConnection(port: port)
                while true {
                    let answer = try connection.request(
                        "POST", "/orders", anyOrder(&random))
                    tally.withLock { tally in
                        if answer.status == 200, let id = answer.json["orderId"]?.integer {
                            tally.orders.insert(id)
                        } else {
                            tally.surprises.append("\(answer.status) \(answer.body)")
                        }
                    }
                }
            } catch {}
        }

        private func anyOrder(_ random: inout SplitMix64) -> String {
            let customer = Int.random(in: 1...5, using: &random)
            let total = Int.random(in: 1...100, using: &random)
            let saga = Bool.random(using: &random) ? "choreography" : "orchestration"
            return
                #"{"customerId":\#(customer),"orderTotal":{"amount":\#(total)},"saga":"\#(saga)"}"#
        }

        @Test func `commands, the server and a second relay work at once`() throws {
            let served = try ServedSystem("-q")
            let workbench = served.workbench
            for _ in 1...4 { _ = try served.createCustomer(limit: "1000") }
            let port = served.orders
            let tally = Mutex(Tally())
            inParallel(8) { worker in
                var random = SplitMix64(seed: UInt64(worker))
                do {
                    switch worker {
                    case 0...3:
                        let connection = try HTTPConnection(port: port)
                        for _ in 1...150 {
                            let answer = try connection.request(
                                "POST", "/orders", anyOrder(&random))
                            let id = try #require(answer.json["orderId"]?.integer, "\(answer)")
                            tally.withLock { _ = $0.orders.insert(id) }
                        }
                    case 4...6:
                        for _ in 1...40 {
                            let id = try workbench.succeed(
                                "order", "create", "-q", "--customer-id", "1", "--order-total",
                                "1")
                            tally.withLock { _ = $0.orders.insert(Int(id) ?? 0) }
                        }
                    default:
                        for _ in 1...30 {
                            for command in [["relay", "run"], ["history", "rebuild"]] {
                                let result = try workbench.run(command)
                                // The server's relay lets others have their turn.
                                if result.status == 0 { continue }
                                tally.withLock { $0.surprises.append(result.errors) }
                            }
                        }
                    }
                } catch {
                    tally.withLock { $0.surprises.append("\(worker): \(error)") }
                }
            }
            let result = tally.withLock { $0 }
            #expect(result.surprises == [])
            #expect(result.orders == Set(1...720))
            try served.stop()
            try check(workbench, result.orders)
        }

        /// Whether the stores hold these orders, all decided, and obey every rule.
        private func check(_ workbench: Workshop, _ orders: Set<Int>) throws {
            let served = try ServedSystem("-q", in: workbench)
            try eventually("everything is delivered") {
                try workbench.run("relay", "status", "--exit-code").status == 0
            }
            let list = try served.get(served.orders, "/orders").json["orders"]?.elements ?? []
            #expect(orders.isSubset(of: Set(list.compactMap { $0["orderId"]?.integer })))
            #expect(list.allSatisfy { $0["orderState"] != .string("PENDING") })
            try served.stop()
            let check = try workbench.run("store", "check")
            #expect(check.status == 0, "\(check.output)")
            #expect(check.output.contains("at rest, every order is decided"))
        }
    }
#endif

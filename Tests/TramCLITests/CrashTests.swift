import Foundation
import Synchronization
import TestSupport
import Testing

/// Nothing is lost, whatever instant a process dies at, and however many run at once.
///
/// Each test prints its seed; the environment's `TRAM_TEST_SEED` repeats one, as far as a race can be
/// repeated.
@Suite(.serialized) struct CrashTests {
    let workbench: Workshop
    let seed: UInt64

    init() throws {
        workbench = try Workshop()
        seed = testSeed()
    }

    /// What four processes did together.
    private struct Tally {
        var kills = 0
        /// The customers and orders that a process has told of, also one that was killed right after.
        var customers: Set<String> = []
        var orders: Set<String> = []
        var surprises: [String] = []
    }

    @Test func `killed at any moment, nothing acknowledged is lost and every rule holds`() throws {
        print("crash test: seed \(seed)")
        for _ in 1...3 {
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "500")
        }
        let tally = Mutex(Tally())
        // Four at a time, each takes longer than alone.
        let moments = try TramProcess.typicalDuration() * 6
        // A busy machine has longer for the fewest kills that count.
        let deadline = Date().addingTimeInterval(45)
        let latest = Date().addingTimeInterval(180)
        inParallel(4) { worker in
            var random = SplitMix64(seed: seed &+ UInt64(worker))
            while case let kills = tally.withLock({ $0.kills }),
                Date() < (kills < 50 ? latest : deadline), kills < 300
            {
                do {
                    try killOneCommand(&random, within: moments, tally)
                } catch {
                    tally.withLock { $0.surprises.append("\(error)") }
                }
            }
        }
        let result = tally.withLock { $0 }
        print("crash test: \(result.kills) kills, \(result.orders.count) orders acknowledged")
        #expect(result.kills >= 50)
        #expect(result.surprises == [])
        #expect(!result.orders.isEmpty)

        try workbench.succeed("relay", "run", "--until-idle", "--quiet")
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("at rest, every order is decided"))
        #expect(result.orders.isSubset(of: try ids("order", "orderId")))
        #expect(result.customers.isSubset(of: try ids("customer", "customerId")))
    }

    private func killOneCommand(
        _ random: inout SplitMix64, within moments: UInt32, _ tally: borrowing Mutex<Tally>
    ) throws {
        let command: [String]
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3:
            let customer = Int.random(in: 1...4, using: &random)
            let total = Int.random(in: 1...100, using: &random)
            let saga = Bool.random(using: &random) ? "choreography" : "orchestration"
            command = [
                "order", "create", "-q", "--customer-id", "\(customer)", "--order-total",
                "\(total)", "--saga", saga,
            ]
        case 4: command = ["customer", "create", "-q", "--name", "x", "--credit-limit", "200"]
        case 5: command = ["order", "cancel", "\(Int.random(in: 1...100, using: &random))"]
        case 6: command = ["relay", "run", "--step"]
        case 7: command = ["relay", "run"]
        default: command = ["relay", "run", "--until-idle"]
        }
        let process = try ChildProcess(
            TramProcess.program,
            command + ["--data-dir", workbench.data, "--lock-timeout", "60s"])
        let isKilled = Int.random(in: 0..<4, using: &random) > 0
        if isKilled {
            usleep(UInt32.random(in: 0...moments, using: &random))
            process.send(SIGKILL)
        }
        let result = try process.wait()
        let isRefusedCancellation = command[1] == "cancel" && result.status == 1
        tally.withLock { tally in
            if result.status == 128 + SIGKILL {
                tally.kills += 1
            } else if result.status != 0 && !isRefusedCancellation {
                tally.surprises.append("\(command): \(result.status) \(result.errors)")
            }
            guard command[1] == "create", result.output.hasSuffix("\n"),
                let id = result.lines.first
            else { return }
            if command[0] == "order" {
                tally.orders.insert(id)
            } else {
                tally.customers.insert(id)
            }
        }
    }

    @Test func `eight processes create beside a relay, and none fails or waits long`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "1000000")
        let relay = try workbench.start("relay", "run", "--watch", "--quiet")
        let acknowledged = Mutex<[String]>([])
        let surprises = Mutex<[String]>([])
        let longest = Mutex(0.0)
        inParallel(8) { _ in
            for _ in 1...200 {
                do {
                    let start = Date()
                    let result = try workbench.run(
                        "order", "create", "-q", "--customer-id", "1", "--order-total", "1")
                    let duration = Date().timeIntervalSince(start)
                    longest.withLock { $0 = max($0, duration) }
                    if result.status == 0 {
                        acknowledged.withLock { $0 += result.lines }
                    } else {
                        surprises.withLock { $0.append(result.errors) }
                    }
                } catch {
                    surprises.withLock { $0.append("\(error)") }
                }
            }
        }
        relay.send(SIGTERM)
        #expect(try relay.wait().status == 143)
        #expect(surprises.withLock { $0 } == [])
        #expect(longest.withLock { $0 } < 5)
        #expect(Set(acknowledged.withLock { $0 }) == Set((1...1600).map(String.init)))

        try workbench.succeed("relay", "run", "--until-idle", "--quiet")
        #expect(
            try workbench.succeed("customer", "show", "1", "--json").contains(
                #""reserved":{"amount":1600}"#))
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a first create that is killed leaves no damage`() throws {
        print("first create: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let moments = try TramProcess.typicalDuration() * 3 / 2
        var kills = 0
        for _ in 1...200 {
            let workbench = try Workshop()
            let create = ["customer", "create", "-q", "--name", "x", "--credit-limit", "1"]
            let first = try ChildProcess(
                TramProcess.program, create + ["--data-dir", workbench.data])
            usleep(UInt32.random(in: 0...moments, using: &random))
            first.send(SIGKILL)
            let killed = try first.wait()
            if killed.status == 128 + SIGKILL { kills += 1 }

            let look = try workbench.run("customer", "list")
            #expect(look.status == 0 || look.status == 66, "\(look.errors)")
            let second = try workbench.run(create)
            #expect(second.status == 0, "\(second.errors)")
            let ids = try ids("customer", "customerId", in: workbench)
            #expect(Set(killed.lines + second.lines).isSubset(of: ids))
        }
        print("first create: \(kills) kills")
        #expect(kills > 50)
    }

    @Test func `eight first creates race, and all succeed`() throws {
        for _ in 1...5 {
            let workbench = try Workshop()
            let processes = try (1...8).map { _ in
                try workbench.start(
                    "customer", "create", "-q", "--name", "x", "--credit-limit", "1")
            }
            let results = try processes.map { try $0.wait() }
            #expect(results.allSatisfy { $0.status == 0 }, "\(results.map(\.errors))")
            #expect(Set(results.flatMap(\.lines)) == Set((1...8).map(String.init)))
            #expect(try workbench.run("store", "check").status == 0)
        }
    }

    private func ids(_ noun: String, _ key: String) throws -> Set<String> {
        try ids(noun, key, in: workbench)
    }

    private func ids(_ noun: String, _ key: String, in workbench: Workshop) throws -> Set<String> {
        let list = try workbench.succeed(noun, "list", "--json")
        return Set(
            list.components(separatedBy: "{\"\(key)\":").dropFirst().map {
                String($0.prefix { $0.isNumber })
            })
    }
}

import Foundation
import Synchronization
import TestSupport
import Testing

extension CrashTests {
    /// A purge that is killed at any instant, beside relays and creating commands, loses nothing and lets
    /// nothing happen twice. `TRAM_TEST_SEED` repeats a run.
    ///
    /// It is a part of the other suite so that the two are serialized: each needs the machine for itself to
    /// kill often enough.
    @Suite struct PurgeCrashTests {
        let workbench: Workshop
        let seed: UInt64

        init() throws {
            workbench = try Workshop()
            seed = testSeed()
        }

        /// What three processes did together.
        private struct Tally {
            var kills = 0
            /// The deliveries that were made, as far as a relay lived to tell of them.
            var deliveries: [String] = []
            var surprises: [String] = []
        }

        @Test func `killed at any moment, a purge loses nothing and repeats nothing`() throws {
            print("purge crash test: seed \(seed)")
            try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "900")
            let tally = Mutex(Tally())
            let moments = try TramProcess.typicalDuration() * 5
            let deadline = Date().addingTimeInterval(30)
            let latest = Date().addingTimeInterval(180)
            inParallel(3) { worker in
                var random = SplitMix64(seed: seed &+ UInt64(worker))
                while case let kills = tally.withLock({ $0.kills }),
                    Date() < (kills < 25 ? latest : deadline), kills < 200
                {
                    do {
                        switch Int.random(in: 0..<10, using: &random) {
                        case 0...2: try change(&random, tally)
                        case 3...4: try relay(tally)
                        default: try purge(&random, within: moments, tally)
                        }
                    } catch {
                        tally.withLock { $0.surprises.append("\(error)") }
                    }
                }
            }
            let result = tally.withLock { $0 }
            print(
                "purge crash test: \(result.kills) kills, \(result.deliveries.count) deliveries told"
            )
            #expect(result.kills >= 25)
            #expect(result.surprises == [])
            #expect(
                Set(result.deliveries).count == result.deliveries.count,
                "something was delivered twice"
            )
            try workbench.succeed("relay", "run", "--until-idle", "--quiet")
            try expectSound()
            // Whatever the killed ones have left is freed by one that is not.
            try workbench.succeed("store", "purge")
            try expectSound()
            #expect(try workbench.succeed("outbox", "list") == "No messages.")
            #expect(try workbench.succeed("inbox", "list", "-q").split(separator: "\n").count == 4)
            #expect(try workbench.succeed("store", "purge") == "Nothing to purge.")
        }

        private func expectSound() throws {
            let check = try workbench.run("store", "check")
            #expect(check.status == 0, "\(check.output)")
            #expect(check.output.contains("at rest, every order is decided"), "\(check.output)")
        }

        private func change(
            _ random: inout SplitMix64, _ tally: borrowing Mutex<Tally>
        ) throws {
            let isCancellation = Int.random(in: 0..<4, using: &random) == 0
            let saga = Bool.random(using: &random) ? "choreography" : "orchestration"
            let command =
                isCancellation
                ? ["order", "cancel", "\(Int.random(in: 1...40, using: &random))"]
                : [
                    "order", "create", "--customer-id", "\(Int.random(in: 1...2, using: &random))",
                    "--order-total", "\(Int.random(in: 1...99, using: &random))", "--saga", saga,
                ]
            let result = try workbench.run(command + ["--lock-timeout", "60s"])
            guard result.status != 0, !isCancellation || result.status != 1 else { return }
            tally.withLock { $0.surprises.append("\(command): \(result.errors)") }
        }

        private func relay(_ tally: borrowing Mutex<Tally>) throws {
            let result = try workbench.run(
                "relay", "run", "--until-idle", "--json", "--lock-timeout", "60s")
            let deliveries = try result.output.split(separator: "\n").flatMap { line in
                try JSONDecoder().decode(Pass.self, from: Data(line.utf8)).deliveries
            }
            tally.withLock { tally in
                if result.status != 0 { tally.surprises.append("relay: \(result.errors)") }
                tally.deliveries += deliveries.filter { $0.outcome != "duplicate" }.map {
                    "\($0.message) > \($0.to ?? "nobody")"
                }
            }
        }

        private func purge(
            _ random: inout SplitMix64, within moments: UInt32, _ tally: borrowing Mutex<Tally>
        ) throws {
            let options = [
                [], ["--service", "order"], ["--service", "customer"], ["--older-than", "1s"],
                ["--dry-run"],
            ].randomElement(using: &random)
            let process = try ChildProcess(
                TramProcess.program,
                ["store", "purge"] + (options ?? [])
                    + ["--data-dir", workbench.data, "--lock-timeout", "60s"])
            if Int.random(in: 0..<5, using: &random) > 0 {
                usleep(UInt32.random(in: 0...moments, using: &random))
                process.send(SIGKILL)
            }
            let result = try process.wait()
            tally.withLock { tally in
                if result.status == 128 + SIGKILL {
                    tally.kills += 1
                } else if result.status != 0 {
                    tally.surprises.append("purge: \(result.errors)")
                }
            }
        }

        private struct Pass: Decodable {
            let deliveries: [Delivery]

            struct Delivery: Decodable {
                let message: String
                let to: String?
                let outcome: String
            }
        }
    }
}

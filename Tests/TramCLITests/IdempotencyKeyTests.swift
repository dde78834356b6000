import Foundation
import TestSupport
import Testing

/// A command that is repeated with its key has one effect, and prints the same.
@Suite struct IdempotencyKeyTests {
    let workbench: Workshop

    init() throws {
        workbench = try Workshop()
    }

    private static let create = [
        "order", "create", "--customer-id", "1", "--order-total", "4", "--idempotency-key", "k",
    ]

    private func count(_ noun: String) throws -> Int {
        try workbench.succeed(noun, "list", "-q").split(separator: "\n").count
    }

    /// Runs the command as text, as JSON and quietly.
    private func inAllForms(_ command: [String]) throws -> [String] {
        try [[], ["--json"], ["-q"]].map { form in
            let result = try workbench.run(command + form)
            #expect(result.status == 0, "\(command + form): \(result.errors)")
            return result.output
        }
    }

    @Test(arguments: ["choreography", "orchestration"])
    func `an order is created once, and is told as it was then`(saga: String) throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        let command = Self.create + ["--saga", saga]
        let first = try inAllForms(command)
        #expect(first[0].hasPrefix("Created order 1: PENDING, total 4.00, customer 1 (\(saga))\n"))
        #expect(first[0].contains("Published order:1 OrderCreated (pending)\n"))
        #expect(first[2] == "1\n")
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("order", "cancel", "1")
        try workbench.succeed("relay", "run", "--until-idle")
        try workbench.succeed("outbox", "purge")
        let messages = try workbench.succeed("outbox", "list", "-q")
        #expect(try inAllForms(command) == first)
        #expect(try count("order") == 1)
        #expect(try workbench.succeed("outbox", "list", "-q") == messages, "nothing was sent")
        #expect(try workbench.run("store", "check").status == 0)
    }

    @Test func `a customer is created once, and an amount may be written in other ways`() throws {
        func create(_ limit: String, name: String = "Jane Doe") throws -> [String] {
            try inAllForms([
                "customer", "create", "--name", name, "--credit-limit", limit,
                "--idempotency-key", "k",
            ])
        }
        let first = try create("5")
        #expect(
            first[0] == """
                Created customer 1: Jane Doe, credit limit 5.00
                Published customer:1 CustomerCreated (pending)

                """)
        #expect(try create("5.0") == first)
        #expect(try create("5.00", name: " Jane Doe ") == first)
        #expect(try count("customer") == 1)
    }

    @Test func `an order is cancelled once`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.succeed("order", "create", "--customer-id", "1", "--order-total", "4")
        let cancel = ["order", "cancel", "1", "--idempotency-key", "k"]
        // A refusal is not remembered.
        let refused = try workbench.run(cancel)
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("error[order-not-cancellable]: "))
        try workbench.succeed("relay", "run", "--until-idle")
        let first = try inAllForms(cancel)
        #expect(
            first[0] == """
                Cancelled order 1: CANCELLED
                Published order:3 OrderCancelled (pending)

                """)
        #expect(try inAllForms(cancel) == first)
        let other = try workbench.run("order", "cancel", "1", "--idempotency-key", "other")
        #expect(other.status == 1, "without that key it is refused as ever")
        #expect(other.errors.hasPrefix("error[order-not-cancellable]: "))
    }

    @Test func `a key stands for one request`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        try workbench.run(Self.create)
        let before = try workbench.bytes()
        for other in [
            ["order", "create", "--customer-id", "2", "--order-total", "4"],
            ["order", "create", "--customer-id", "1", "--order-total", "4.01"],
            [
                "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
                "orchestration",
            ],
            ["order", "cancel", "1"], ["order", "cancel", "99"],
        ] {
            let refused = try workbench.run(other + ["--idempotency-key", "k"])
            #expect(refused.status == 1, "\(other)")
            #expect(refused.output == "")
            #expect(
                refused.errors.hasPrefix(
                    "error[idempotency-key-reused]: the idempotency key 'k' was used for another "
                        + "request\n"),
                "\(refused.errors)")
        }
        #expect(try workbench.bytes() == before)
        // Each service has keys of its own.
        try workbench.succeed(
            "customer", "create", "--name", "y", "--credit-limit", "5", "--idempotency-key", "k")
    }

    @Test(arguments: ["", " ", "a b", "ü", "\t", String(repeating: "k", count: 201)])
    func `what is no key is refused before anything is made`(key: String) throws {
        for command in [
            ["customer", "create", "--name", "x", "--credit-limit", "5"],
            ["order", "create", "--customer-id", "1", "--order-total", "4"],
            ["order", "cancel", "1"],
        ] {
            let refused = try workbench.run(command + ["--idempotency-key", key])
            #expect(refused.status == 64)
            #expect(
                refused.errors.hasPrefix("error[invalid-idempotency-key]: "), "\(refused.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: workbench.data))
    }

    @Test func `a key may begin with a dash`() throws {
        let command = ["customer", "create", "-q", "--name", "x", "--credit-limit", "5"]
        for _ in 1...2 {
            let result = try workbench.run(command + ["--idempotency-key", "-k"])
            #expect(result.output == "1\n", "\(result.errors)")
        }
    }

    @Test func `a stored answer that was edited is damage`() throws {
        try workbench.run(Self.create)
        try tamper(with: workbench.data + "/order.db", "UPDATE idempotency_key SET answer = '{}'")
        let result = try workbench.run(Self.create)
        #expect(result.status == 65)
        #expect(result.errors.hasPrefix("error[store-damaged]: "))
    }

    // MARK: Races and crashes

    @Test func `processes that race with one key create one order, and print the same`() throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        for round in 1...5 {
            let processes = try (1...8).map { _ in
                try workbench.start(
                    "order", "create", "--customer-id", "1", "--order-total", "1",
                    "--idempotency-key", "round-\(round)", "--lock-timeout", "60s")
            }
            let results = try processes.map { try $0.wait() }
            #expect(results.allSatisfy { $0.status == 0 }, "\(results.map(\.errors))")
            #expect(Set(results.map(\.output)).count == 1)
            #expect(try count("order") == round)
        }
    }

    @Test func `of a command that was killed there is all or nothing, and its repetition ends it`()
        throws
    {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "5")
        let seed = testSeed()
        print("idempotency keys: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let moments = try TramProcess.typicalDuration() * 3 / 2
        var kills = 0
        for round in 1...60 {
            let command = [
                "order", "create", "--customer-id", "1", "--order-total", "1",
                "--saga", "orchestration", "--idempotency-key", "round-\(round)",
            ]
            let process = try ChildProcess(
                TramProcess.program, command + ["--data-dir", workbench.data])
            usleep(UInt32.random(in: 0...moments, using: &random))
            process.send(SIGKILL)
            let killed = try process.wait()
            if killed.status == 128 + SIGKILL { kills += 1 }
            let repeated = try workbench.run(command)
            #expect(repeated.status == 0, "\(repeated.errors)")
            #expect(repeated.output.hasPrefix("Created order \(round): PENDING"))
            if !killed.output.isEmpty { #expect(repeated.output == killed.output) }
        }
        print("idempotency keys: \(kills) kills")
        #expect(kills > 5)
        #expect(try count("order") == 60)
        #expect(try workbench.run("store", "check").status == 0)
    }
}

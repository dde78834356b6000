import Foundation
import TestSupport
import Testing

/// Dead letters and purges whose process is killed before each call that changes a file: whatever is
/// left then, the next commands go on from it, and nothing is lost or done twice.
///
/// Every seventh call by default, from one that changes from run to run; the environment's
/// `TRAM_TEST_EVERY_CALL` tries all of them.
@Suite(.enabled(if: FaultLibrary.isAvailable)) struct KillPointTests {
    private let payload =
        #"{"orderDetails":{"customerId":1,"orderTotal":{"amount":4}},"saga":"choreography"}"#
    private let stride: Int
    private let first: Int

    init() {
        let isWhole = ProcessInfo.processInfo.environment["TRAM_TEST_EVERY_CALL"] != nil
        stride = isWhole ? 1 : 7
        first = isWhole ? 1 : Int.random(in: 1...7)
        print("kill points: from \(first), every \(stride)")
    }

    /// A stretch of commands on a copy of prepared stores, of which one is killed.
    ///
    /// - Parameters:
    ///   - prepare: what comes before.
    ///   - command: what is killed, and then run again.
    ///   - check: what must hold in the end.
    private func killEverywhere(
        _ prepare: (Workshop) throws -> Void, _ command: (Workshop) -> String,
        _ check: (Workshop, Int) throws -> Void
    ) throws {
        let prepared = try Workshop()
        try prepare(prepared)
        var kills = 0
        var number = first
        while true {
            let workbench = try Workshop()
            try FileManager.default.copyItem(atPath: prepared.data, toPath: workbench.data)
            let environment = try FaultLibrary.environment(killingAt: number)
            let line =
                "exec \(TramProcess.program) \(command(workbench)) --data-dir \(workbench.data)"
            let result = try shell(line, environment: environment)
            if result.status != 128 + SIGKILL { break }
            kills += 1
            let again = try shell(line)
            // What was decided before the process died cannot be decided again.
            #expect([0, 1].contains(again.status), "call \(number): \(again.errors)")
            try check(workbench, number)
            number += stride
        }
        print("kill points: \(kills) kills")
        #expect(kills > 2)
    }

    /// An orchestrated and a choreographed order with spoiled events, and one that is sound.
    private func spoil(_ workbench: Workshop) throws {
        try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", "20")
        for saga in ["choreography", "orchestration", "choreography"] {
            try workbench.succeed(
                "order", "create", "--customer-id", "1", "--order-total", "4", "--saga", saga)
        }
        try tamper(
            with: workbench.data + "/order.db",
            "UPDATE message SET payload = 'x' WHERE type IN ('OrderCreated', 'ReserveCredit') "
                + "AND id < 4")
    }

    private func park(_ workbench: Workshop) throws {
        try spoil(workbench)
        try workbench.run("relay", "run", "--until-idle", "--max-attempts", "1", "-q")
        #expect(try workbench.succeed("relay", "status", "--json").contains(#""parked":3,"stuck""#))
    }

    /// Gives every dead letter a payload, and lets all end.
    private func mend(_ workbench: Workshop) throws {
        let payloads = [
            ("order:1", payload),
            ("order:2", payload.replacingOccurrences(of: "choreography", with: "orchestration")),
            ("order:3", #"{"customerId":1,"orderId":2,"orderTotal":{"amount":4}}"#),
        ]
        for (message, text) in payloads {
            for subscriber in ["customer", "history"] {
                let file = workbench.directory.file("payload")
                try text.write(toFile: file, atomically: true, encoding: .utf8)
                _ = try shell(
                    "\(TramProcess.program) deadletter edit \(message) --subscriber \(subscriber) "
                        + "--data-dir \(workbench.data) < \(file)")
            }
        }
        try workbench.run("relay", "run", "--until-idle", "-q")
    }

    private func expectAllApproved(_ workbench: Workshop, _ number: Int) throws {
        let orders = try workbench.succeed("order", "list")
        #expect(orders.components(separatedBy: "APPROVED").count == 4, "call \(number): \(orders)")
        let check = try workbench.run("store", "check")
        #expect(check.status == 0, "call \(number): \(check.output)")
        #expect(try workbench.succeed("deadletter", "list") == "No dead letters.")
        #expect(
            try workbench.succeed("customer", "show", "1", "--json").contains(
                #""reserved":{"amount":12}"#))
    }

    @Test func `a relay that parks`() throws {
        try killEverywhere(
            spoil, { _ in "relay run --until-idle --max-attempts 1 -q" }
        ) { workbench, number in
            #expect(
                try workbench.succeed("relay", "status", "--json").contains(#""parked":3,"stuck""#),
                "call \(number)")
            try mend(workbench)
            try expectAllApproved(workbench, number)
        }
    }

    @Test func `a retry of all, and the relay after it`() throws {
        try killEverywhere(park, { _ in "deadletter retry --all" }) { workbench, number in
            let list = try workbench.succeed("deadletter", "list")
            #expect(list == "No dead letters.", "call \(number): \(list)")
            try workbench.run("relay", "run", "--max-attempts", "1", "-q")
            try mend(workbench)
            try expectAllApproved(workbench, number)
        }
    }

    @Test func `a payload that is edited`() throws {
        try killEverywhere(
            park,
            { _ in "deadletter edit order:1 --subscriber customer <<< '\(payload)'" }
        ) { workbench, number in
            try mend(workbench)
            try expectAllApproved(workbench, number)
        }
    }

    @Test func `all are discarded`() throws {
        try killEverywhere(
            park, { _ in "deadletter discard --all --yes" }
        ) { workbench, number in
            #expect(try workbench.succeed("deadletter", "list") == "No dead letters.")
            try workbench.succeed("relay", "run", "--until-idle", "-q")
            let check = try workbench.run("store", "check")
            #expect(check.status == 0, "call \(number): \(check.output)")
            for order in ["order 1 is PENDING", "order 2 is PENDING"] {
                #expect(check.output.contains("(lost) \(order)"), "call \(number)")
            }
        }
    }

    @Test func `a command of a saga that is sent again`() throws {
        func strand(_ workbench: Workshop) throws {
            try park(workbench)
            try workbench.succeed("deadletter", "discard", "order:3", "--yes")
        }
        try killEverywhere(strand, { _ in "saga resend 2 --yes" }) { workbench, number in
            let sent = try workbench.succeed("outbox", "list").components(
                separatedBy: "ReserveCredit")
            #expect(sent.count == 3, "call \(number): one was lost, and one was sent")
            try mend(workbench)
            try expectAllApproved(workbench, number)
        }
    }

    @Test func `a purge beside dead letters`() throws {
        try killEverywhere(park, { _ in "store purge" }) { workbench, number in
            #expect(
                try workbench.succeed("relay", "status", "--json").contains(#""parked":3,"stuck""#),
                "call \(number)")
            try mend(workbench)
            try expectAllApproved(workbench, number)
            try workbench.succeed("store", "purge")
            try expectAllApproved(workbench, number)
        }
    }

    @Test func `a subscriber that is removed`() throws {
        try killEverywhere(
            { workbench in
                try park(workbench)
                for table in ["delivery_failure", "dead_letter"] {
                    try tamper(
                        with: workbench.data + "/order.db",
                        "UPDATE \(table) SET consumer_id = 'gone' WHERE consumer_id = 'history'")
                }
                try tamper(
                    with: workbench.data + "/history.db",
                    "INSERT INTO subscription VALUES ('gone', 'order', 'beginning', 0, 0, NULL)")
            }, { _ in "subscriber remove gone --yes" }
        ) { workbench, number in
            let list = try workbench.succeed("subscriber", "list")
            #expect(!list.contains("gone"), "call \(number): \(list)")
            try workbench.run("relay", "run", "--until-idle", "--max-attempts", "1", "-q")
            try mend(workbench)
            try expectAllApproved(workbench, number)
        }
    }

    @Test func `the first relay on stores of before`() throws {
        let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/stores-library-3-in-flight.tar.gz").path
        try killEverywhere(
            { workbench in
                let result = try ChildProcess(
                    "tar", ["-xzf", archive, "-C", workbench.directory.path]
                ).wait()
                try #require(result.status == 0, "\(result.errors)")
                try FileManager.default.moveItem(
                    atPath: workbench.directory.file("in-flight"), toPath: workbench.data)
            }, { _ in "relay run --until-idle -q" }
        ) { workbench, number in
            let list = try workbench.succeed("subscriber", "list")
            #expect(
                list.components(separatedBy: "known    beginning").count == 4,
                "call \(number): \(list)")
            // The fixture has a message that was changed by hand; nothing else is wrong.
            let check = try workbench.run("store", "check", "--json")
            #expect(
                check.output.contains(#""violations":1,"ok":false"#),
                "call \(number): \(check.output)")
            let status = try workbench.succeed("relay", "status", "--json")
            #expect(
                status.contains(#""pending":0,"idle":true,"parked":1,"#),
                "call \(number): \(status)")
        }
    }
}

import CustomersAndOrders
import Testing
import Tram
import TramWorkbench

/// Tries every order in which deliveries can be made, one at a time, through the real handlers on
/// stores in memory: from each state every possible delivery, and every delivery that was made before
/// once more; and after each delivery a crash before the source has marked it. A rehearsal on all stores takes each of them back.
///
/// Schedules that lead to one state go on in the same ways, so each state is gone on from once. A
/// delivery that is made again must leave the state as it is; then schedules with it go on like those
/// without it, and all schedules with at most one redelivery of each are covered.
final class Explorer {
    private let system: CustomersAndOrders
    private let run: RelayRun
    /// What else may happen in a state, besides deliveries: commands of users.
    private let commands: [(CustomersAndOrders) throws -> Void]
    /// By state: how many schedules lead from it to the end.
    private var schedules: [SystemSnapshot: Double] = [:]
    private var log: [Logged] = []

    private(set) var deliveries = 0
    private(set) var redeliveries = 0
    private(set) var crashes = 0
    private(set) var endStates = 0
    var states: Int { schedules.count }

    private struct Logged {
        let possible: PossibleDelivery
        let outcome: DeliveryOutcome

        func isInLane(of other: PossibleDelivery) -> Bool {
            possible.subscriber.id == other.subscriber.id
                && possible.message.destination == other.message.destination
                && possible.message.partitionID == other.message.partitionID
        }
    }

    init(_ system: CustomersAndOrders, commands: [(CustomersAndOrders) throws -> Void] = []) {
        self.system = system
        self.commands = commands
        run = system.relay.run(parking: .never)
    }

    /// - Returns: how many schedules there are, redeliveries not counted.
    func explore() throws -> Double {
        let state = try system.snapshot()
        if let known = schedules[state] { return known }
        let broken = try brokenRules()
        #expect(broken.isEmpty, "after \(history)")

        var count = 0.0
        for possible in try run.possibleDeliveries() {
            let afterCrash = try stateAfterCrash(in: possible)
            count += try system.relay.rehearse {
                try deliver(possible)
                defer { log.removeLast() }
                #expect(
                    try system.snapshot() == afterCrash, "\(describe(possible)) after a crash")
                return try explore()
            }
        }
        for entry in log { try deliverAgain(entry.possible, in: state) }
        for command in commands {
            count += try system.relay.rehearse {
                try command(system)
                return try system.snapshot() == state ? 0 : explore()
            }
        }
        if count == 0 {
            #expect(state.isAtRest, "stuck after \(history)")
            endStates += 1
            count = 1
        }
        schedules[state] = count
        return count
    }

    /// The process dies after the subscriber's commit and before the mark in the source; the next one
    /// delivers the message again.
    private func stateAfterCrash(in possible: PossibleDelivery) throws -> SystemSnapshot {
        try system.relay.rehearse {
            _ = try possible.service.store.write {
                try possible.service.receive(
                    possible.message, for: possible.subscriber, in: $0)
            }
            let broken = try brokenRules()
            #expect(broken.isEmpty, "crashed after \(history), \(describe(possible))")
            let again = try #require(try run.deliver(possible))
            #expect(again.receipt.outcome == .duplicate)
            crashes += 1
            return try system.snapshot()
        }
    }

    private func deliver(_ possible: PossibleDelivery) throws {
        let delivery = try #require(try run.deliver(possible))
        deliveries += 1
        let outcome = delivery.receipt.outcome
        #expect(outcome.isDone && outcome != .duplicate, "\(describe(possible)): \(outcome)")
        for earlier in log where earlier.isInLane(of: possible) {
            #expect(
                earlier.possible.message.id.number < possible.message.id.number,
                "\(describe(earlier.possible)) came before \(describe(possible))")
        }
        log.append(Logged(possible: possible, outcome: outcome))
    }

    private func deliverAgain(_ possible: PossibleDelivery, in state: SystemSnapshot) throws {
        try system.relay.rehearse {
            let delivery = try #require(try run.deliver(possible))
            redeliveries += 1
            #expect(
                delivery.receipt.outcome == .duplicate, "\(describe(possible)) took effect again")
            #expect(try system.snapshot() == state, "\(describe(possible)) changed something again")
        }
    }

    private func brokenRules() throws -> [RuleResult] {
        try system.workbench.checkTogether().results.filter { !$0.violations.isEmpty }
    }

    private var history: String {
        log.map { describe($0.possible) }.joined(separator: ", ")
    }

    private func describe(_ possible: PossibleDelivery) -> String {
        "\(possible.message.id) \(possible.message.type) > \(possible.subscriber.id)"
    }
}

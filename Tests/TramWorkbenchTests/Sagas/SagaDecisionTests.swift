import Rental
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// What an operator decides about the sagas of any application.
@Suite struct SagaDecisionTests {
    private let system: Rental

    init() throws {
        system = try .inMemory()
    }

    /// A saga whose command is lost.
    private func makeStuck() throws {
        try system.rent(to: "Ada")
        try system.lose("ReserveCar", from: system.desk)
    }

    @Test(arguments: [
        (SagaDecision.retry, "RentCar 1: reserve car requested", "completed"),
        (.resend, "RentCar 1: reserve car requested", "completed"),
        (.skip, "RentCar 1: reserve car skipped, hand over key requested", "completed"),
        (.rollback, "RentCar 1: rolled back from reserve car", "rolled-back"),
        (.abandon, "RentCar 1: abandoned, FAILED", "failed"),
    ])
    func `a stuck saga is helped`(
        decision: SagaDecision, effect: String, end: String
    ) throws {
        try makeStuck()
        let foreseen = try system.decide(decision, "RentCar:1", isDryRun: true)
        #expect(try system.waits() == ["RentCar:1, stuck"])
        let decided = try system.decide(decision, "RentCar:1")
        #expect(decided.effects == foreseen.effects)
        #expect(decided.published.map(\.type) == foreseen.published.map(\.type))
        #expect(decided.effects.first?.hasPrefix(effect) == true, "\(decided.effects)")
        #expect(decided.name.argument == "RentCar:1")
        try system.relayUntilIdle()
        #expect(try system.states() == ["RentCar:1 \(end)"])
        #expect(try system.workbench.helplessSagas().isEmpty)
    }

    @Test func `a saga that has failed is retried`() throws {
        try system.rent(to: "Zoe")
        try system.pass()
        try system.garage.write { _ = try $0.execute("UPDATE car SET out = 1") }
        try system.relayUntilIdle()
        #expect(try system.states() == ["RentCar:1 failed"])
        let helpless = try system.workbench.helplessSagas()
        #expect(helpless.map(\.need) == [.failed(step: "reserve car")])
        try system.garage.write { _ = try $0.execute("UPDATE car SET out = 0") }
        _ = try system.decide(.retry, "RentCar:1")
        try system.relayUntilIdle()
        #expect(try system.states() == ["RentCar:1 rolled-back"])
    }

    @Test func `a saga that goes on by itself is left alone`() throws {
        try system.rent(to: "Ada")
        let error = #expect(throws: SagaDecisionError.self) {
            try system.decide(.resend, "RentCar:1")
        }
        let problem = try #require(error).problem
        #expect(problem.code == .notStuck)
        #expect(
            problem.message
                == "the command of RentCar:1 cannot be sent again: desk:2 ReserveCar is on its way")
    }

    @Test func `what is refused names what would be accepted`() throws {
        try system.rent(to: "Ada")
        try system.pass()
        try system.lose("Success", from: system.garage)
        _ = try system.decide(.skip, "RentCar:1")
        try system.lose("HandOverKey", from: system.desk)
        // The key may have been handed over, and nothing takes it back.
        let error = try #require(
            #expect(throws: SagaDecisionError.self) { try system.decide(.rollback, "RentCar:1") })
        #expect(error.reason == .notCompensatable(step: "hand over key"))
        #expect(error.alternatives == [.retry, .resend, .skip, .abandon])
        #expect(
            error.problem.help.text(for: CommandAddress(program: "rental"))
                == "decide otherwise: 'rental saga retry RentCar:1', "
                + "'rental saga resend RentCar:1', 'rental saga skip RentCar:1' "
                + "or 'rental saga abandon RentCar:1'")
        #expect(try system.waits() == ["RentCar:1, stuck"])
    }

    @Test func `nobody can be told what to do in a choreographed saga`() throws {
        try system.inspect()
        let error = #expect(throws: SagaDecisionError.self) {
            try system.decide(.skip, "Inspection:1")
        }
        let problem = try #require(error).problem
        #expect(problem.code == .notPossible)
        #expect(problem.message.hasPrefix("the step of Inspection:1 cannot be skipped: it is"))
    }

    @Test func `a damaged saga can only be given up`() throws {
        try makeStuck()
        try system.desk.write {
            _ = try $0.execute("UPDATE saga_instance SET state_name = '' WHERE id = 1")
        }
        #expect(try system.status("RentCar:1").wait.wayOut == .abandon)
        let error = #expect(throws: StoreError.self) { try system.decide(.skip, "RentCar:1") }
        guard case .unexpectedRow(let detail)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail == "RentCar 1: the column state_name holds ''")
        _ = try system.decide(.abandon, "RentCar:1")
        #expect(try system.status("RentCar:1").isAbandoned)
    }

    @Test func `many are rehearsed on top of one another, and nothing is changed`() throws {
        for driver in ["Ada", "Bob"] { try system.rent(to: driver) }
        try system.lose("ReserveCar", from: system.desk)
        let stuck = try system.workbench.sagas().filter(
            SagaSelection(state: "stuck", step: "reserve car").contains)
        #expect(stuck.map(\.name.argument) == ["RentCar:1", "RentCar:2"])
        let candidates = try stuck.map {
            ($0.entry, try system.workbench.outlook(of: $0.entry, for: .resend))
        }
        let numbers = try system.workbench.rehearse(.resend, candidates, because: "").map {
            try $0.get().published.map(\.id.number)
        }
        #expect(Set(numbers.flatMap { $0 }).count == 2)
        #expect(try system.waits() == ["RentCar:1, stuck", "RentCar:2, stuck"])
    }
}

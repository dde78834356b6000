import Rental
import TestSupport
import Testing
import Tram
import TramSQLite
import TramWorkbench

/// What can be asked of the sagas of an application that the workbench has never heard of.
@Suite struct SagaListTests {
    private let system: Rental

    init() throws {
        system = try .inMemory()
    }

    @Test func `instances and declared chains are listed, and shown by type and id`() throws {
        try system.rent(to: "Ada")
        try system.inspect()
        try system.rent(to: "Zoe")
        try system.inspect()
        try system.inspect()
        #expect(
            try system.states() == [
                "RentCar:1 running", "RentCar:2 running", "Inspection:1 running",
                "Inspection:2 running", "Inspection:3 running",
            ])
        try system.relayUntilIdle()
        #expect(
            try system.states() == [
                "RentCar:1 completed", "RentCar:2 rolled-back", "Inspection:1 completed",
                "Inspection:2 completed", "Inspection:3 rolled-back",
            ])
        let rental = try system.status("RentCar:2")
        #expect(rental.name.title == "Saga RentCar:2")
        #expect(
            rental.definition?.steps.map(\.name) == [
                "note contract", "reserve car", "hand over key",
            ])
        #expect(rental.log.last?.event == .rolledBack)
        #expect(try system.status("Inspection:3").definition == nil)
    }

    @Test func `a saga waits for its commands and replies, a chain for its events`() throws {
        try system.rent(to: "Ada")
        try system.inspect()
        #expect(
            try system.waits() == [
                "RentCar:1, garage ReserveCar pending",
                "Inspection:1, garage InspectionAsked pending",
            ])
        try system.pass()
        #expect(
            try system.waits() == [
                "RentCar:1, desk Success pending", "Inspection:1, desk CarInspected pending",
            ])
        try system.relayUntilIdle()
        #expect(try system.waits() == ["RentCar:1", "Inspection:1"])
    }

    @Test func `a list tells the same as each saga alone, at every step`() throws {
        for driver in ["Ada", "Zoe", "Bob"] {
            try system.rent(to: driver)
            try system.inspect()
        }
        let run = system.relay.run()
        repeat {
            for saga in try system.workbench.sagas() {
                let alone = try system.status(saga.name.argument)
                #expect(alone.json == saga.json)
            }
        } while try !run.step(RelayRun.Bounds()) { _ in }.isIdle
    }

    @Test func `messages are found by headers and correlation`() throws {
        try system.rent(to: "Ada")
        try system.inspect()
        try system.relayUntilIdle()
        #expect(
            try system.status("RentCar:1").messages.map(\.type) == [
                "ContractNoted", "ReserveCar", "HandOverKey", "SagaUnlockCommand", "Success",
                "Success",
            ])
        #expect(
            try system.status("Inspection:1").messages.map(\.type) == [
                "InspectionAsked", "CarInspected",
            ])
    }

    @Test func `a page begins after any saga`() throws {
        for driver in ["Ada", "Bob", "Zoe"] {
            try system.rent(to: driver)
            try system.inspect()
        }
        let catalogue = system.sagas
        let all = try catalogue.sagas(
            after: nil, limit: 100, undecidedOnly: false, Availability())
        #expect(all.count == 6)
        for (index, saga) in all.enumerated() {
            let page = try catalogue.sagas(
                after: saga.cursor, limit: 2, undecidedOnly: false, Availability())
            #expect(page == Array(all.dropFirst(index + 1).prefix(2)))
        }
    }

    @Test func `a command that waits for a lock is waited for`() throws {
        try system.rent(to: "Ada")
        try system.desk.write {
            // A second saga of the same driver's: its contract is noted already.
            _ = try $0.execute("DELETE FROM contract")
        }
        try system.rent(to: "Ada")
        try system.pass()
        #expect(try system.waits()[1] == "RentCar:2, garage ReserveCar stashed")
    }

    @Test func `a lost message makes a saga and a chain stuck`() throws {
        try system.rent(to: "Ada")
        try system.inspect()
        #expect(try system.workbench.helplessSagas().isEmpty)
        try system.pass()
        try system.lose("Success", from: system.garage)
        try system.lose("CarInspected", from: system.garage)
        #expect(try system.waits() == ["RentCar:1, stuck", "Inspection:1, stuck"])
        let status = try system.workbench.relayStatus()
        #expect(status.helpless.map(\.need) == [.stuck, .stuck])
        #expect(
            status.json.text.contains(
                #""stuck":[{"saga":"RentCar:1"},{"saga":"Inspection:1"}],"stranded":[]"#),
            "\(status.json.text)")
    }

    @Test func `of a chain whose first event was purged, nothing is said that is not known`() throws
    {
        try system.inspect()
        try system.pass()
        try system.lose("InspectionAsked", from: system.desk)
        #expect(try system.states() == [])
        #expect(try system.waiting(system.status("Inspection:1")) == "Inspection:1")
    }

    @Test func `what was purged has ended, and is not listed`() throws {
        try system.rent(to: "Ada")
        try system.relayUntilIdle()
        _ = try system.workbench.purge()
        #expect(try system.states() == [])
        let saga = try system.status("RentCar:1")
        #expect(saga.isPurged)
        #expect(saga.state == "ended")
        #expect(saga.log.isEmpty)
    }

    @Test func `a damaged and a stranded saga are told as such`() throws {
        try system.rent(to: "Ada")
        try system.rent(to: "Bob")
        try system.desk.write { transaction in
            _ = try transaction.execute("UPDATE saga_instance SET state_name = '' WHERE id = 1")
            _ = try transaction.execute(
                "UPDATE saga_instance SET definition_version = 9 WHERE id = 2")
        }
        #expect(try system.states() == ["RentCar:1 damaged", "RentCar:2 stranded"])
        #expect(try system.status("RentCar:1").damage == ["the column state_name holds ''"])
        #expect(try system.workbench.helplessSagas().map(\.name.argument) == ["RentCar:2"])
    }

    @Test(arguments: ["RentCar:7", "Inspection:7", "Nothing:1", "1"])
    func `a saga that is not there is not found`(name: String) throws {
        try system.rent(to: "Ada")
        let problem = #expect(throws: Problem.self) { try system.entry(name) }
        #expect(problem?.code == .sagaNotFound)
        #expect(problem?.message == "there is no saga '\(name)'")
        #expect(problem?.reason == "This program has sagas of the types RentCar, Inspection.")
    }

    @Test(arguments: ["", "01", "RentCar", "RentCar:", ":1"])
    func `what is no name of a saga is refused`(text: String) throws {
        let problem = #expect(throws: Problem.self) { try system.entry(text) }
        #expect(problem?.code == .id)
    }

    @Test func `a saga's JSON names its type and id; a chain has no orchestrator`() throws {
        try system.rent(to: "Ada")
        try system.inspect()
        let rental = try system.status("RentCar:1").json.text
        #expect(
            rental.hasPrefix(
                #"{"saga":"RentCar:1","sagaType":"RentCar","sagaId":"1","state":"running","step":"reserve car","#
            ), "\(rental)")
        let inspection = try system.status("Inspection:1").json.text
        #expect(
            inspection.hasPrefix(
                #"{"saga":"Inspection:1","sagaType":null,"sagaId":null,"state":"running","step":null,"#
            ), "\(inspection)")
    }

    @Test func `sagas may be known by numbers of their own`() throws {
        try system.rent(to: "Ada")
        try system.rent(to: "Bob")
        let catalogue = DeclaredSagas(
            system,
            numbering: SagaNumbering {
                SagaReference(type: "RentCar", id: "\($0 - 100)")
            } number: {
                Int($0.id).map { $0 + 100 }
            })
        let saga = try #require(try catalogue.saga(numbered: 102))
        #expect(saga.reference.name == "RentCar:2")
        #expect(saga.number == 102)
        #expect(try catalogue.saga(saga.reference) == saga)
        let all = try catalogue.sagas(
            after: nil, limit: 9, undecidedOnly: false, Availability())
        #expect(all.map(\.number) == [101, 102])
        #expect(try catalogue.saga(numbered: 103) == nil)
    }

    @Test func `where there is one type of saga, a number is an instance of it`() throws {
        let only = try OnlyRentals(inMemoryWithClock: fixedClock)
        try only.inner.rent(to: "Ada")
        let saga = try only.workbench.saga(Input.saga("1", of: OnlyRentals.sagaWords))
        #expect(saga.reference.name == "RentCar:1")
        #expect(only.workbench.name(of: saga).argument == "RentCar:1")
        let problem = #expect(throws: Problem.self) { try only.workbench.saga(.number(2)) }
        #expect(problem?.code == .sagaNotFound)
        #expect(problem?.reason == "This program has sagas of the type RentCar.")
    }
}

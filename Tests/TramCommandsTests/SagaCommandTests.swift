import RentalProgram
import TestSupport
import Testing

/// The workbench's commands in a program that is not the example.
@Suite struct SagaCommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func rental(_ arguments: String...) throws -> ChildProcess.Result {
        try ChildProcess(
            BuiltProgram.path("RentalProgram"),
            arguments + ["--data-dir", directory.file("data")]
        ).wait()
    }

    @Test func `sagas and chains are listed and shown by TYPE:ID`() throws {
        #expect(try rental("rent", "--driver", "Ada").output == "RentCar:1\n")
        #expect(try rental("inspect").output == "Inspection:1\n")
        #expect(
            try rental("saga", "list").output == """
                SAGA          STATE    MESSAGES  STEP         WAITING FOR
                RentCar:1     running         2  reserve car  garage to handle desk:2
                Inspection:1  running         1  -            garage to handle desk:3

                """)
        #expect(
            try rental("saga", "show", "RentCar:1").output.hasPrefix(
                """
                Saga RentCar:1: running
                  kind          orchestration
                  instance      RentCar 1
                  step          reserve car
                  waiting for   garage to handle desk:2 ReserveCar (pending)
                  message       desk:1 ContractNoted
                  message       desk:2 ReserveCar
                STEP

                """.trimmingLastLine))
        #expect(
            try rental("saga", "show", "Inspection:1").output == """
                Saga Inspection:1: running
                  kind          choreography
                  waiting for   garage to handle desk:3 InspectionAsked (pending)
                  message       desk:3 InspectionAsked

                """)
        #expect(try rental("saga", "list", "-q").output == "RentCar:1\nInspection:1\n")
        let list = try rental("saga", "list", "--json").output
        let alone = try rental("saga", "show", "RentCar:1", "--json").output
        #expect(list.hasPrefix("[" + alone.dropLast() + ","))
    }

    @Test func `the relay runs, and its status names who needs help`() throws {
        _ = try rental("rent", "--driver", "Ada")
        _ = try rental("relay", "run", "--service", "desk")
        let command = try rental("outbox", "list", "--json").output
        #expect(command.contains(#""message":"garage:1""#), "\(command)")
        #expect(
            try rental("relay", "run", "--service", "kitchen").errors.contains(
                "Please provide one of 'desk' and 'garage'."))
        _ = try rental("relay", "run", "--until-idle")
        #expect(
            try rental("relay", "status").output == """
                OUTBOX  PENDING  FAILED  NEXT
                desk          0       0  -
                garage        0       0  -

                """)
        #expect(
            try rental("saga", "show", "RentCar:1").output.contains("Saga RentCar:1: completed"))
    }

    @Test func `decisions are carried out by TYPE:ID and by a choice`() throws {
        _ = try rental("rent", "--driver", "Ada")
        _ = try rental("rent", "--driver", "Bob")
        let refused = try rental("saga", "resend", "RentCar:1", "--yes")
        #expect(refused.status == 1)
        #expect(
            refused.errors.contains("error[not-stuck]: the command of RentCar:1 cannot be sent"))
        let skipped = try rental("saga", "skip", "RentCar:1", "--yes", "--step", "reserve car")
        #expect(
            skipped.output == """
                RentCar 1: reserve car skipped, hand over key requested
                Sent desk:5 HandOverKey (pending)

                """)
        #expect(
            try rental("saga", "abandon", "RentCar:2", "--yes", "--json").output
                == #"{"saga":"RentCar:2","effects":["RentCar 2: abandoned, FAILED"],"#
                + #""published":["desk:6"]}"# + "\n")
        let many = try rental(
            "saga", "rollback", "--where", "state=running,step=reserve car", "--dry-run", "--json")
        #expect(many.output == "[]\n")
        let chosen = try rental("saga", "abandon", "--where", "state=running", "--yes", "--json")
        #expect(
            chosen.output
                == #"[{"saga":"RentCar:1","effects":["RentCar 1: abandoned, FAILED"],"#
                + #""published":["desk:7"],"error":null}]"# + "\n")
    }

    @Test func `a saga that is not there is not found`() throws {
        _ = try rental("rent", "--driver", "Ada")
        for command in ["show", "retry", "resend", "skip", "rollback", "abandon"] {
            let result = try rental("saga", command, "RentCar:9")
            #expect(result.status == 1)
            #expect(
                result.errors == """
                    error[saga-not-found]: there is no saga 'RentCar:9'
                    This program has sagas of the types RentCar, Inspection.
                    help: see all sagas: rental saga list --data-dir \(directory.file("data"))

                    """, "\(result.errors)")
        }
        // Of two types of sagas, a number means neither.
        #expect(try rental("saga", "show", "1").errors.contains("there is no saga '1'"))
        let word = try rental("saga", "show", "rental")
        #expect(word.status == 64)
        #expect(word.errors.contains("for example RentCar:1"))
    }

    @Test func `help speaks of this program`() throws {
        for command in ["show", "retry", "resend", "skip", "rollback", "abandon"] {
            let help = try rental("saga", command, "--help").output
            #expect(help.contains("rental saga \(command) RentCar:1"), "\(help)")
            #expect(!help.contains("order") && !help.contains("tram "), "\(help)")
        }
        let help = try rental("relay", "run", "--help").output
        #expect(help.contains("Only this service's outbox: desk or garage."), "\(help)")
        let redeliver = try rental("relay", "redeliver", "--help").output
        #expect(redeliver.contains("The subscriber: desk or garage."), "\(redeliver)")
    }
}

extension String {
    /// Without the end of its last line.
    fileprivate var trimmingLastLine: String { hasSuffix("\n") ? String(dropLast()) : self }
}

import Foundation
import TestSupport
import Testing

/// The program `trips`: what a user types and reads.
@Suite struct CommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func trips(_ arguments: String...) throws -> ChildProcess.Result {
        try ChildProcess(
            BuiltProgram.path("trips"), arguments + ["--data-dir", directory.file("data")]
        ).wait()
    }

    @Test func `booking tells the trip and what was sent`() throws {
        let text = try trips("book", "--traveller", " Ada ", "--city", "Lisbon", "--car")
        #expect(text.status == 0)
        #expect(
            text.output == """
                Requested trip 1: PENDING, Ada to Lisbon, with a car
                Sent trips:1 BookRoom (pending)

                """)
        let json = try trips("book", "--traveller", "Bob", "--city", "Oslo", "--json")
        #expect(
            json.output == """
                {"tripId":2,"traveller":"Bob","city":"Oslo","car":false,"state":"PENDING",\
                "reason":null,"published":["trips:2"]}

                """)
        #expect(
            try trips("book", "--traveller", "Cy", "--city", "Rome", "-q").output == "3\n")
        #expect(try trips("list", "-q").output == "1\n2\n3\n")
    }

    @Test func `its saga is shown by number and by type, and helped`() throws {
        _ = try trips("book", "--traveller", "Ada", "--city", "Lisbon")
        #expect(
            try trips("saga", "list").output == """
                SAGA        STATE    MESSAGES  STEP       WAITING FOR
                BookTrip:1  running         1  book room  hotels to handle trips:1

                """)
        let saga = try trips("saga", "show", "1")
        #expect(saga.output.hasPrefix("Saga BookTrip:1: running\n"), "\(saga.output)")
        #expect(try trips("saga", "show", "BookTrip:1").output == saga.output)
        let unknown = try trips("saga", "show", "7")
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("error[saga-not-found]"))
        let refused = try trips("saga", "resend", "1", "--yes")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("error[not-stuck]"), "\(refused.errors)")
        _ = try trips("relay", "run", "--until-idle")
        #expect(try trips("saga", "list", "--json").output.contains(#""state":"completed""#))
    }

    @Test func `a request can be repeated under its key`() throws {
        let arguments = ["--city", "Lisbon", "--idempotency-key", "ada-1"]
        func book(_ traveller: String) throws -> ChildProcess.Result {
            try ChildProcess(
                BuiltProgram.path("trips"),
                ["book", "--traveller", traveller, "--data-dir", directory.file("data")]
                    + arguments
            ).wait()
        }
        let first = try book("Ada")
        #expect(first.status == 0)
        #expect(try book("Ada").output == first.output)
        let other = try book("Bob")
        #expect(other.status == 1)
        #expect(other.errors.contains("error[idempotency-key-reused]"))
        #expect(try trips("list", "-q").output == "1\n")
    }

    @Test(arguments: [
        (["book", "--traveller", "", "--city", "Lisbon"], 64, "invalid-text"),
        (["book", "--traveller", "A\nda", "--city", "Lisbon"], 64, "invalid-text"),
        (["book", "--traveller", "Ada", "--city", " "], 64, "invalid-text"),
        (["book", "--traveller", "Ada"], 64, "usage"),
        (["show", "0"], 64, "invalid-id"),
        (["show", "1"], 66, "no-store"),
        (["list"], 66, "no-store"),
        (["boook"], 64, "unknown-command"),
    ])
    func `bad input is refused, and makes nothing`(
        arguments: [String], status: Int32, code: String
    ) throws {
        let result = try ChildProcess(
            BuiltProgram.path("trips"), arguments + ["--data-dir", directory.file("data")]
        ).wait()
        #expect(result.status == status)
        #expect(result.errors.contains("error[\(code)]"))
        #expect(result.output.isEmpty)
        #expect(try trips("list").status == 66)
    }

    @Test func `what is not there is said, with what to do`() throws {
        _ = try trips("book", "--traveller", "Ada", "--city", "Lisbon")
        let trip = try trips("show", "7")
        #expect(trip.status == 1)
        #expect(trip.errors.contains("error[trip-not-found]: trip 7 does not exist"))
        #expect(trip.errors.contains("help: see all trips: trips list --data-dir "))
    }

    @Test func `the relay moves a trip, one step at a time or to its end`() throws {
        _ = try trips("book", "--traveller", "Ada", "--city", "Lisbon")
        let step = try trips("relay", "run", "--step")
        #expect(step.output.contains("trips:1 BookRoom  -> hotels   ok  room in Lisbon booked"))
        #expect(try trips("show", "1").output == "Trip 1: PENDING, Ada to Lisbon\n")
        #expect(try trips("relay", "run", "--until-idle").status == 0)
        #expect(try trips("show", "1").output == "Trip 1: BOOKED, Ada to Lisbon\n")
        #expect(try trips("store", "check").status == 0)
    }

    @Test func `what is left is told, also without a service that is away`() throws {
        _ = try trips("book", "--traveller", "Ada", "--city", "Lisbon")
        #expect(
            try trips("offers").output == """
                ROOMS  CARS  SEATS  CITY
                    2     1      2  Lisbon
                    1     1      2  Malta
                    1     0      2  Oslo
                    1     1      2  Porto
                    1     1      0  Rome

                """)
        try FileManager.default.removeItem(atPath: directory.file("data/cars.db"))
        let away = try trips("offers", "--json")
        #expect(away.status == 65)
        #expect(away.output.contains(#"{"city":"Oslo","rooms":1,"cars":null,"seats":2}"#))
    }
}

import Foundation
import TestSupport
import Testing

/// `trips store`: the workbench's commands of the stores, and the rules of trips beside its own.
@Suite struct StoreTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for (traveller, city) in [("Ada", "Lisbon"), ("Bob", "Oslo")] {
            try #require(trips("book", "--traveller", traveller, "--city", city).status == 0)
        }
    }

    @discardableResult
    private func trips(_ arguments: String...) throws -> ChildProcess.Result {
        try ChildProcess(
            BuiltProgram.path("trips"), arguments + ["--data-dir", directory.file("data")]
        ).wait()
    }

    @Test func `a check names its rules, and those that must wait for rest`() throws {
        let check = try trips("store", "check")
        #expect(check.status == 0)
        #expect(
            check.output == """
                ok        the file trips.db is sound
                ok        the file hotels.db is sound
                ok        the file cars.db is sound
                ok        the file flights.db is sound
                ok        a message is published when every subscriber has handled it, not before
                ok        every handled message was sent
                ok        nothing is booked that is not there
                ok        the stores are of one system, and none is older than others know it
                ok        every message is as it was sent
                ok        nothing that was numbered is gone, and no number is given out twice
                ok        what was handled is what was sent
                ok        every saga is as its log tells
                skipped   at rest, every saga has ended and holds no lock: \
                2 messages are pending, 2 deadlines are ahead
                skipped   at rest, a trip is BOOKED exactly when it has all that it wants: \
                2 messages are pending, 2 deadlines are ahead
                12 rules checked, 0 violations found.

                """)
    }

    @Test(arguments: [
        (
            "trips", "DELETE FROM trip WHERE id = 2",
            "2 rows of trip have been numbered, and 1 of them are gone"
        ),
        (
            "cars", "INSERT INTO booking VALUES (9, 'Lisbon'), (10, 'Lisbon'), (11, 'Lisbon')",
            "cars have booked more in Lisbon than there is"
        ),
        (
            "trips", "DELETE FROM saga_log WHERE event = 'started'",
            "BookTrip 1: its log does not tell how it came to its state"
        ),
    ])
    func `what a hand has changed is found`(store: String, sql: String, violation: String) throws {
        try tamper(with: directory.file("data/\(store).db"), sql)
        let check = try trips("store", "check")
        #expect(check.status == 1)
        #expect(check.output.contains("- \(violation)\n"), "\(check.output)")
    }

    @Test func `the other commands of the stores work`() throws {
        #expect(try trips("store", "status", "-q").output == "trips\nhotels\ncars\nflights\n")
        let copy = directory.file("copy")
        #expect(try trips("store", "backup", copy, "--json").status == 0)
        #expect(
            try trips("store", "restore", copy, "--yes", "--json").output
                == #"{"restored":"\#(copy)","stores":["trips","hotels","cars","flights"]}"# + "\n")
        #expect(
            try trips("store", "accept", "hotels").output
                == "The hotels store fits the others: nothing was changed.\n")
        let unknown = try trips("store", "accept", "trains")
        #expect(unknown.status == 64)
        #expect(
            unknown.errors.contains("Please provide one of 'trips', 'hotels', 'cars' or 'flights'.")
        )
        #expect(
            try trips("store", "accept", "--help").output.contains(
                "The service: trips, hotels, cars or flights."))
        #expect(try trips("store", "purge", "--dry-run").status == 0)
    }
}

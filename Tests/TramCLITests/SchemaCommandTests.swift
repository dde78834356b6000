import Foundation
import TestSupport
import Testing

/// `tram schema --against`: what a new program breaks.
@Suite struct SchemaCommandTests {
    private let recorded = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/schema.json").path

    /// The recorded document with a change, in a file.
    private func changed(
        _ text: String, to other: String, in directory: TemporaryDirectory
    ) throws -> String {
        let document = try String(contentsOfFile: recorded, encoding: .utf8)
        #expect(document.contains(text))
        let path = directory.file("old.json")
        try document.replacingOccurrences(of: text, with: other)
            .write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `the program breaks nothing since its messages were recorded`() throws {
        let result = try tram(["schema", "--against", recorded])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output == "Nothing breaks: each program reads what the other sends.\n")
        #expect(
            try tram(["schema", "--against", recorded, "--json"]).output
                == #"{"compatible":true,"breaks":[]}"# + "\n")
    }

    @Test func `what breaks is told with who is hit, and the exit code is 1`() throws {
        let directory = try TemporaryDirectory()
        let renamed = try changed("OrderApproved", to: "OrderConfirmed", in: directory)
        let result = try tram(["schema", "--against", renamed])
        #expect(result.status == 1)
        #expect(
            result.output == """
                OrderConfirmed: the new history does not receive what was sent before
                OrderConfirmed: the old history waits for it, and it is not sent any more

                """)
        #expect(result.errors == "")
        let json = try tram(["schema", "--against", renamed, "--json"])
        #expect(json.status == 1)
        #expect(
            json.output.hasPrefix(
                #"{"compatible":false,"breaks":[{"message":"OrderConfirmed","channel":"Order","#
                    + #""kind":"event","hit":"history","program":"new","change":"not-received","#
                    + #""key":null,"#), "\(json.output)")
        let quiet = try tram(["schema", "--against", renamed, "-q"])
        #expect(quiet.status == 1)
        #expect(quiet.output == "")
    }

    @Test func `a word that old programs do not know is told`() throws {
        let directory = try TemporaryDirectory()
        let old = try changed(#""UNKNOWN_CUSTOMER""#, to: #""NO_CUSTOMER""#, in: directory)
        let result = try tram(["schema", "--against", old])
        #expect(result.status == 1)
        #expect(
            result.output.contains(
                "OrderRejected: the new history cannot read what was sent before: "
                    + "'rejectionReason' may be \"NO_CUSTOMER\", which is not known\n"),
            "\(result.output)")
        #expect(
            result.output.contains(
                "OrderRejected: the old history cannot read what is sent now: "
                    + "'rejectionReason' may be \"UNKNOWN_CUSTOMER\", which is not known\n"))
    }

    @Test func `a file that is no such document is refused`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("document")
        for text in ["", "{", "{}", "[1]", "nonsense", #"{"asyncapi":"3.0.0"}"#] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let refused = try tram(["schema", "--against", path])
            #expect(refused.status == 64, "\(text)")
            #expect(refused.errors.hasPrefix("error[invalid-schema]: '\(path)' cannot be compared"))
            #expect(refused.output == "")
        }
        for path in [directory.file("missing"), directory.path] {
            let refused = try tram(["schema", "--against", path, "--json"])
            #expect(refused.status == 64)
            #expect(refused.errors.contains(#""code":"invalid-schema""#), "\(refused.errors)")
        }
    }
}

public import ArgumentParser
internal import Platform
internal import Tram
public import TramWorkbench

/// Describes the messages for tools and people of other systems, and tells what a change of them breaks.
public struct SchemaCommand<App: Application>: SessionCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "schema",
            abstract: "Print the AsyncAPI document of channels, messages and their schemas.",
            discussion: """
                Needs no store. The HTTP API has OpenAPI documents of its own: '\(App.name) serve' has them at \
                /openapi.json.

                With --against, tells instead what breaks when the program that printed that document is \
                replaced by this one: messages that it has sent are read by new handlers, and services \
                that still run it read new messages. Exit code 1 when something breaks.

                Example:
                  \(App.name) schema > asyncapi.json
                  \(App.name) schema --against asyncapi.json
                """)
    }

    public init() {}

    @Option(
        help: ArgumentHelp(
            "Tell what this program breaks, compared with the one that printed this document.",
            valueName: "file"))
    var against: String?

    @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

    public func run(in session: Session<App>) throws -> ExitStatus {
        let application = try App(inMemoryWithClock: { Timestamp(milliseconds: 0) })
        let document = try AsyncAPI(application).document
        guard let against else {
            try session.show(MessageSchemas(json: document))
            return .done
        }
        let changes = ShownChanges(breaks: try changes(since: against, document))
        try session.show(changes)
        return changes.breaks.isEmpty ? .done : .no
    }

    private func changes(since path: String, _ document: JSON) throws -> [SchemaChanges.Break] {
        func invalid(_ reason: String) -> Problem {
            Problem(
                code: .schema, message: "'\(path)' cannot be compared: \(reason)",
                reason: "Nothing was changed.",
                help: "give a document that '\(command: "schema")' has printed", field: "against",
                value: path)
        }
        let bytes: [UInt8]
        do {
            bytes = try Self.read(path)
        } catch {
            throw invalid(error.reason)
        }
        guard bytes.count <= Self.maximumSize else {
            throw invalid("it has more than \(Self.maximumSize) bytes")
        }
        do {
            let old = try JSON(parsing: bytes)
            return try SchemaChanges(from: old, to: document).breaks
        } catch let error as JSONSyntaxError {
            throw invalid("\(error.reason), at byte \(error.offset)")
        } catch let error as SchemaDocumentError {
            throw invalid(error.reason)
        }
    }

    /// How many bytes a document may have.
    private static var maximumSize: Int { 16 << 20 }

    private static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        defer { close(descriptor) }
        return try readAll(from: descriptor, path: path, atMost: maximumSize + 1)
    }
}

private struct MessageSchemas: Document {
    let json: JSON

    func text(_ style: Style) -> String { json.indentedText + "\n" }
}

private struct ShownChanges: Document {
    let breaks: [SchemaChanges.Break]

    func text(_ style: Style) -> String {
        if breaks.isEmpty { return "Nothing breaks: each program reads what the other sends.\n" }
        return breaks.map { "\(escaped($0.message)): \(escaped($0.text))\n" }.joined()
    }

    /// The exit code tells.
    var quietText: String? { "" }

    var json: JSON {
        [
            "compatible": .bool(breaks.isEmpty),
            "breaks": .array(
                breaks.map {
                    [
                        "message": .string($0.message), "channel": .string($0.channel),
                        "kind": .string($0.kind), "hit": .string($0.hit),
                        "program": .string($0.isNewReader ? "new" : "old"),
                        "change": .string($0.change), "key": .optional($0.key),
                        "text": .string($0.text),
                    ]
                }),
        ]
    }
}

internal import ArgumentParser
internal import CustomersAndOrders
internal import Presentation
internal import Tram

/// Describes the messages for tools and people of other systems.
struct SchemaCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the AsyncAPI document of channels, messages and their schemas.",
        discussion: """
            Needs no store. What the services can be asked over HTTP is in OpenAPI documents, which \
            'tram serve' serves at /openapi.json.

            Example:
              tram schema > asyncapi.json
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) throws -> ExitStatus {
        let system = try CustomersAndOrders(inMemoryWithClock: { Timestamp(milliseconds: 0) })
        try session.show(MessageSchemas(json: AsyncAPI.document(of: system)))
        return .done
    }
}

private struct MessageSchemas: Document {
    let json: JSON

    func text(_ style: Style) -> String { json.indentedText + "\n" }
}

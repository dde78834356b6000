internal import Tram

/// The AsyncAPI 3.0 document of what an application's services tell one another: channels, messages and their
/// schemas, and which service sends and receives which. Who receives is asked of the relay, so it is
/// what is connected. Where a receiver still reads an event's former names and forms, its operation tells
/// them under `x-formerly`.
package struct AsyncAPI {
    private let application: any Application
    private let catalog: MessageCatalog
    private let probe: SchemaProbe

    package init(_ application: any Application) {
        self.application = application
        catalog = type(of: application).messages
        probe = SchemaProbe(components: catalog.components)
    }

    /// The whole document.
    ///
    /// - Throws: when the type of a message cannot be described: a fault of the application.
    package var document: JSON {
        get throws {
            [
                "asyncapi": .string("3.0.0"),
                "info": [
                    "title": .string(catalog.title),
                    "version": .string(type(of: application).version),
                    "description": .string(catalog.summary),
                ],
                "defaultContentType": .string("application/json"),
                "channels": .object(channels.map { JSON.Member($0, channel($0)) }),
                "operations": .object(application.relay.services.flatMap(operations)),
                "components": [
                    "messages": .object(
                        try catalog.contracts.map { JSON.Member($0.key, try message($0)) }),
                    "schemas": .object(
                        try catalog.components.map {
                            JSON.Member("\($0)", try probe.wholeSchema(of: $0))
                        }),
                ],
            ]
        }
    }

    private var channels: [String] {
        catalog.contracts.map(\.channel).reduce(into: []) { channels, channel in
            if !channels.contains(channel) { channels.append(channel) }
        }
    }

    private func channel(_ address: String) -> JSON {
        let contracts = catalog.contracts.filter { $0.channel == address }
        return [
            "address": .string(address),
            "messages": .object(
                contracts.map {
                    JSON.Member($0.key, ["$ref": .string("#/components/messages/\($0.key)")])
                }),
        ]
    }

    private func message(_ contract: MessageContract) throws -> JSON {
        [
            "name": .string(contract.type), "title": .string(contract.type),
            "summary": .string(contract.summary),
            "tags": .array([["name": .string(contract.kind.word)]]),
            "headers": contract.kind.headers(ofSagasThatUndo: sagasUndo),
            "payload": try payload(of: contract),
        ]
    }

    /// Whether there is a saga that has participants undo what they have done.
    private var sagasUndo: Bool {
        application.relay.services.flatMap(\.subscribers).flatMap(\.wiring.sagas)
            .flatMap { [$0] + $0.formerly }.flatMap(\.steps)
            .contains { step in step.compensation.map { $0 != .local } ?? false }
    }

    private func payload(of contract: MessageContract) throws -> JSON {
        do {
            return try probe.schema(of: contract.payload)
        } catch {
            let reason = (error as? SchemaUnknown)?.reason ?? "\(error)"
            throw SchemaUnknown(reason: reason, message: contract.type)
        }
    }

    /// What a service sends to, and receives from, each channel.
    private func operations(of service: Service) -> [JSON.Member] {
        channels.flatMap { channel in
            let contracts = catalog.contracts.filter { $0.channel == channel }
            let sent = contracts.filter { $0.senders.contains(service.name) }
            let received = contracts.filter { contract in
                service.subscribers.contains { $0.accepts(type: contract.type, from: channel) }
            }
            return [("send", "sends", sent), ("receive", "receives", received)]
                .filter { !$0.2.isEmpty }
                .map { action, verb, contracts in
                    let former =
                        action == "receive" ? Self.formerNames(of: service, on: channel) : []
                    return JSON.Member(
                        "\(service.name).\(verb).\(channel)",
                        .object(
                            [
                                JSON.Member("action", .string(action)),
                                JSON.Member("channel", ["$ref": .string("#/channels/\(channel)")]),
                                JSON.Member(
                                    "messages",
                                    .array(
                                        contracts.map {
                                            [
                                                "$ref": .string(
                                                    "#/channels/\(channel)/messages/\($0.key)")
                                            ]
                                        })),
                            ] + former))
                }
        }
    }

    /// The names and forms that events had and a service still reads; nothing when there are none.
    static func formerNames(of service: Service, on channel: String) -> [JSON.Member] {
        let former = service.subscribers.flatMap(\.wiring.formerNames)
            .filter { $0.channel == channel }
        if former.isEmpty { return [] }
        let types = Dictionary(grouping: former, by: \.type).mapValues { $0.map(\.formerly) }
        return [
            JSON.Member(
                "x-formerly",
                .object(
                    types.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .strings($0.value)) }
                ))
        ]
    }
}

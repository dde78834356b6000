internal import Contracts
package import CustomersAndOrders
internal import Orders
internal import Tram
package import TramWorkbench

// What sagas look like in JSON, and what they and their orders wait for.

extension OrderSaga {
    package var json: JSON { members.adding(wait.jsonRetryMembers) }

    private var members: JSON {
        [
            "orderId": .integer(order.id),
            "saga": .string(order.saga.rawValue),
            "sagaType": order.sagaID.map { _ in .string(CreateOrderSaga.sagaType) } ?? .null,
            "sagaId": .optional(order.sagaID),
            "state": .string(state),
            "step": .optional(step),
            "waitingFor": .array(wait.deliveries.map(\.json)),
            "messages": .strings(messages.map(\.id.description)),
            "steps": .array(
                (definition?.steps ?? []).map {
                    [
                        "name": .string($0.name), "action": .optional($0.action?.description),
                        "compensation": .optional($0.compensation?.description),
                    ]
                }),
            "log": .array(
                log.map { entry in
                    [
                        "event": .string(entry.event.rawValue),
                        "step": .optional(entry.step),
                        "message": .optional(entry.message?.description),
                        "detail": .string(entry.detail),
                        "data": .text(entry.data),
                    ]
                }),
            "stuck": .bool(wait.isStuck),
            "purged": .bool(isPurged),
            "damage": .strings(damage),
            "version": version.map { .integer($0) } ?? .null,
            "abandoned": .bool(isAbandoned),
        ]
    }
}

extension OrderWait {
    /// When something is tried again; nothing when that is not what is waited for.
    package var jsonRetryMembers: [JSON.Member] {
        [retry].compactMap { $0.map { JSON.Member("retryAt", .string($0.at.rfc3339)) } }
    }
}

extension OutstandingDelivery {
    var json: JSON {
        [
            "message": .string(message.id.description), "type": .string(message.type),
            "subscriber": .string(subscriber),
            "state": .string(state.word), "attempts": .integer(state.attempts),
            "behind": .optional(state.behind?.description), "edited": .bool(isEdited),
        ]
    }
}

extension DecidedSaga {
    package var jsonMembers: [JSON.Member] {
        [
            JSON.Member("orderId", .integer(orderID)),
            JSON.Member("effects", .strings(effects)),
            JSON.Member("published", .strings(published.map(\.id.description))),
        ]
    }

    package var json: JSON { .object(jsonMembers) }
}

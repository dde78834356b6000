package import CustomersAndOrders
internal import Tram
package import TramWorkbench

extension RelayStatus {
    package var json: JSON {
        let failed: [(order: Int, step: String?)] = helpless.compactMap { saga in
            if case .failed(let step) = saga.need { (saga.order, step) } else { nil }
        }
        let stranded: [(order: Int, reason: String)] = helpless.compactMap { saga in
            if case .stranded(let reason) = saga.need { (saga.order, reason) } else { nil }
        }
        return [
            "outboxes": .array(outboxes.map(\.json)), "pending": .integer(pending),
            "idle": .bool(isIdle), "parked": .integer(parked),
            "stuck": .array(
                helpless.filter { $0.need == .stuck }.map { ["orderId": .integer($0.order)] }),
            "stranded": .array(
                stranded.map { ["orderId": .integer($0.order), "reason": .string($0.reason)] }),
            "waitingFor": .strings(deadlines),
            // Beside this, "failed" is a number of messages.
            "failedSagas": .array(
                failed.map { ["orderId": .integer($0.order), "step": .optional($0.step)] }),
            "unavailable": .strings(unavailable),
        ]
    }
}

extension OutboxStatus {
    fileprivate var json: JSON {
        [
            "service": .string(service),
            "pending": .integer(pending),
            "failed": .integer(failed),
            "next": next.map {
                ["message": .string($0.id.description), "type": .string($0.type)]
            } ?? .null,
            "parked": .integer(parked),
        ]
    }
}

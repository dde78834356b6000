internal import Contracts
internal import Orders
internal import Tram

// What a service refuses to do.

extension Problem {
    init(_ error: OrderError) {
        switch error {
        case .notFound(let id):
            self.init(
                code: .orderNotFound, message: "order \(id) does not exist",
                help: "see all orders: tram order list", field: "id", value: "\(id)")
        case .notCancellable(let id, let state):
            self.init(
                code: .orderNotCancellable,
                message: "order \(id) cannot be cancelled: it is \(state.rawValue)",
                reason: "Only an APPROVED order can be cancelled. Nothing was changed.",
                help: state == .pending
                    ? "wait until it is decided: tram relay run --until-idle"
                    : "see the order: tram order show \(id)",
                field: "id", value: "\(id)")
        }
    }

    init(_ error: IdempotencyKeyReused) {
        self.init(
            code: .idempotencyKeyReused,
            message: "the idempotency key '\(error.key)' was used for another request",
            reason: "A key belongs to one request only. Nothing was changed.",
            help: "give this request a key of its own", field: "idempotency-key",
            value: error.key.description)
    }
}

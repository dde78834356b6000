import Tram

/// Has a parcel picked up by a courier.
struct Pickup: Saga {
    static let sagaType = "Pickup"

    struct Data: Codable, Sendable {
        let parcel: Int
    }

    var steps: [Step<Data>] {
        [
            Step("call courier").invokeParticipant(.couriers) { CallCourier(parcel: $0.parcel) }
        ]
    }

    static let couriers = CommandHandlers(
        "couriers", on: .couriers,
        [
            .on(CallCourier.self) { command, _ in
                if command.parcel == 13 { throw NobodyCame() }
                return .success(Called(), "called a courier for parcel \(command.parcel)")
            }
        ])

    private struct NobodyCame: Error {}
}

struct CallCourier: Command {
    static let commandType = "CallCourier"
    let parcel: Int
}

struct Called: Reply {
    static let replyType = "Called"
}

extension CommandChannel {
    static let couriers: CommandChannel = "couriers"
}

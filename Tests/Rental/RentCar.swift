package import Tram

/// Rents a car out: notes the contract, reserves the car, hands the key over.
package struct RentCar: Saga {
    package static let sagaType = "RentCar"

    package struct Data: Codable, Sendable {
        let driver: String
    }

    package var steps: [Step<Data>] {
        [
            Step("note contract").invokeLocal { data, transaction in
                try transaction.execute("INSERT INTO contract VALUES (\(data.driver))")
                try transaction.publish(ContractNoted(driver: data.driver), about: data.driver)
            }.withCompensation { data, transaction in
                try transaction.execute("DELETE FROM contract WHERE driver = \(data.driver)")
            },
            Step("reserve car")
                .invokeParticipant(.garage) { ReserveCar(driver: $0.driver) }
                .withCompensation(.garage) { FreeCar(driver: $0.driver) },
            Step("hand over key").invokeParticipant(.garage) { HandOverKey(driver: $0.driver) },
        ]
    }
}

extension CommandChannel {
    static let garage: CommandChannel = "garage"
}

struct ContractNoted: DomainEvent {
    static let eventType = "ContractNoted"
    static let channel: EventChannel = "Contract"
    let driver: String
}

struct ReserveCar: Command {
    static let commandType = "ReserveCar"
    let driver: String
}

struct FreeCar: Command {
    static let commandType = "FreeCar"
    let driver: String
}

struct HandOverKey: Command {
    static let commandType = "HandOverKey"
    let driver: String
}

struct Refused: FailureReply {
    static let replyType = "Refused"
}

/// The garage's part. Zoe gets no key, and nobody frees the car of a driver whose key is out.
enum Garage {
    static let handlers = CommandHandlers(
        "garage", on: .garage,
        [
            .on(ReserveCar.self, locking: { "Car/\($0.driver)" }) { command, transaction in
                try transaction.execute(
                    "INSERT INTO car VALUES (\(command.driver), 0) ON CONFLICT DO NOTHING")
                return .success(Done(), "car for \(command.driver) reserved")
            },
            .on(FreeCar.self) { command, transaction in
                let out = try transaction.rows(
                    "SELECT 1 FROM car WHERE driver = \(command.driver) AND out = 1")
                guard out.isEmpty else { throw Refusal(Refused(), "the key is out") }
                try transaction.execute("DELETE FROM car WHERE driver = \(command.driver)")
                return .success(Done(), "car of \(command.driver) freed")
            },
            .on(HandOverKey.self) { command, transaction in
                guard command.driver != "Zoe" else { throw Refusal(Refused(), "no key for Zoe") }
                try transaction.execute("UPDATE car SET out = 1 WHERE driver = \(command.driver)")
                return .success(Done(), "key handed to \(command.driver)")
            },
        ])
}

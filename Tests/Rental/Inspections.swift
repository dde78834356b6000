internal import Tram

struct InspectionAsked: DomainEvent {
    static let eventType = "InspectionAsked"
    static let channel: EventChannel = "Inspection"
    let number: Int
}

struct CarInspected: DomainEvent {
    static let eventType = "CarInspected"
    static let channel: EventChannel = "Car"
    let inspection: Int
    let passed: Bool
}

/// What the services do about an inspection: each only hears of the other's events.
enum Inspections {
    static let garage = DomainEventHandlers(
        "garage",
        [
            .on(InspectionAsked.self) { event, transaction in
                // The car has a number of its own: the inspection's is nowhere but in the payload.
                try transaction.publish(
                    CarInspected(inspection: event.number, passed: event.number % 3 != 0),
                    about: "car-\(event.number % 2)")
                return .handled("car inspected")
            }
        ])

    static let desk = DomainEventHandlers(
        "desk",
        [
            .on(CarInspected.self) { event, transaction in
                let state = event.passed ? "passed" : "refused"
                try transaction.execute(
                    "UPDATE inspection SET state = \(state) WHERE id = \(event.inspection)")
                return .handled("inspection \(event.inspection) \(state)")
            }
        ])
}

import Tram
import TramWorkbench

/// What is left in a city; nil where the service is away that knows.
struct Offer {
    let city: String
    let rooms: Int?
    let cars: Int?
    let seats: Int?
    /// Whether the hotel answers.
    let isOpen: Bool?
}

// No service looks into another's store. What needs several is the wiring's, and only reads.
extension Trips {
    /// What is left in each city. Services that are away are left out.
    func offers(_ availability: Availability) throws -> [Offer] {
        func read<Result>(
            _ name: String, _ body: (any Transaction) throws -> Result
        ) throws -> Result? {
            try availability.attempt(stores[name]) { try $0.read(body) }
        }
        let hotels = try read("hotels", Hotels.hotels)
        let cars = try read("cars", Cars.left)
        let seats = try read("flights", Flights.left)
        let cities = Set((hotels ?? []).map(\.city)).union((cars ?? [:]).keys)
            .union((seats ?? [:]).keys)
        return cities.sorted().map { city in
            let hotel = hotels?.first { $0.city == city }
            return Offer(
                city: city, rooms: hotel?.roomsLeft, cars: cars?[city], seats: seats?[city],
                isOpen: hotel?.isOpen)
        }
    }

    /// Opens or closes the desk of a city's hotel.
    ///
    /// - Returns: false when there is no hotel.
    func setHotel(_ city: String, isOpen: Bool) throws -> Bool {
        try stores["hotels"].write { try Hotels.setOpen(isOpen, in: city, $0) }
    }
}

internal import Platform
internal import Synchronization
internal import TestSupport

/// Puts a load on a running `tram serve`: so many clients create orders, each waiting for the answer,
/// and then follow every order to the order history.
///
///     LoadTest ORDERS-PORT CUSTOMERS-PORT HISTORY-PORT CLIENTS ORDERS SAGA each|after
///
/// With `each` a client waits until its order is APPROVED in the order history before it creates the
/// next one: so the latency of a saga is measured. With `after` it creates them as fast as it can, and
/// waits at the end: so the throughput is measured.
@main
enum LoadTest {
    /// How many orders share a customer: the document of one with many orders is long.
    private static let ordersPerCustomer = 20

    static func main() throws {
        let arguments = CommandLine.arguments
        let numbers = arguments.dropFirst().prefix(5).compactMap { Int($0) }
        guard arguments.count == 8, numbers.count == 5 else {
            print(
                "usage: LoadTest ORDERS-PORT CUSTOMERS-PORT HISTORY-PORT CLIENTS ORDERS SAGA each|after"
            )
            exit(64)
        }
        let load = Load(
            orders: numbers[0], customers: numbers[1], history: numbers[2],
            saga: arguments[6], waitsForEach: arguments[7] == "each")
        let clients = numbers[3]
        let perClient = numbers[4] / clients
        let results = Mutex(Results())
        let group = Countdown(clients)
        let start = MonotonicTime.nanoseconds()
        for _ in 1...clients {
            try Threads.start {
                do {
                    let measured = try load.run(orders: perClient, group: ordersPerCustomer)
                    results.withLock { $0.add(measured) }
                } catch {
                    results.withLock { $0.errors.append("\(error)") }
                }
                group.leave()
            }
        }
        group.wait()
        results.withLock { $0 }.report(clients: clients, since: start)
    }
}

/// Counts threads down.
private final class Countdown: Sendable {
    private let remaining: Mutex<Int>

    init(_ count: Int) {
        remaining = Mutex(count)
    }

    func leave() { remaining.withLock { $0 -= 1 } }

    func wait() {
        while remaining.withLock({ $0 }) > 0 { MonotonicTime.sleep(milliseconds: 1) }
    }
}

/// What one client does.
private struct Load {
    let orders: Int
    let customers: Int
    let history: Int
    let saga: String
    let waitsForEach: Bool

    func run(orders count: Int, group: Int) throws -> Results {
        let creating = try HTTPConnection(port: orders)
        let looking = try HTTPConnection(port: history)
        let registering = try HTTPConnection(port: customers)
        var results = Results()
        var open: [(customer: Int, order: Int, start: Int64)] = []
        var customer = 0
        for index in 0..<count {
            if index % group == 0 {
                let body = #"{"name":"Load","creditLimit":{"amount":1000000}}"#
                customer = id(in: try registering.request("POST", "/customers", body))
            }
            let start = MonotonicTime.nanoseconds()
            let answer = try creating.request(
                "POST", "/orders",
                #"{"customerId":\#(customer),"orderTotal":{"amount":1},"saga":"\#(saga)"}"#)
            results.requests.append(MonotonicTime.nanoseconds() - start)
            guard answer.status == 200 else {
                results.errors.append("\(answer.status) \(answer.body)")
                continue
            }
            open.append((customer, id(in: answer), start))
            if waitsForEach { try follow(&open, looking, &results) }
        }
        results.created = MonotonicTime.nanoseconds()
        try follow(&open, looking, &results)
        return results
    }

    /// Waits until all the orders are APPROVED in the order history.
    private func follow(
        _ open: inout [(customer: Int, order: Int, start: Int64)], _ looking: HTTPConnection,
        _ results: inout Results
    ) throws {
        let deadline = MonotonicTime.now() + 60_000
        for (customer, order, start) in open {
            let approved = #""\#(order)":{"state":"APPROVED""#
            while true {
                let answer = try looking.request("GET", "/customers/\(customer)")
                if answer.body.contains(approved) { break }
                guard MonotonicTime.now() < deadline else {
                    results.errors.append("order \(order) was not approved")
                    return
                }
                MonotonicTime.sleep(milliseconds: waitsForEach ? 1 : 20)
            }
            results.sagas.append(MonotonicTime.nanoseconds() - start)
        }
        open = []
    }

    private func id(in answer: HTTPResponse) -> Int {
        Int(answer.body.filter(\.isNumber)) ?? 0
    }
}

/// Durations in nanoseconds.
private struct Results: Sendable {
    var requests: [Int64] = []
    var sagas: [Int64] = []
    var errors: [String] = []
    /// When the last order had been created.
    var created: Int64 = 0

    mutating func add(_ other: Results) {
        requests += other.requests
        sagas += other.sagas
        errors += other.errors
        created = max(created, other.created)
    }

    func report(clients: Int, since start: Int64) {
        let end = MonotonicTime.nanoseconds()
        print("clients                 \(clients)")
        print("orders                  \(requests.count)")
        print("errors                  \(errors.count) \(errors.first ?? "")")
        print("requests a second       \(rate(requests.count, start, created))")
        print("orders approved a second \(rate(sagas.count, start, end))")
        print("request p50, p99 in ms  \(percentiles(requests))")
        print("saga p50, p99 in ms     \(percentiles(sagas))")
    }

    private func rate(_ count: Int, _ start: Int64, _ end: Int64) -> Int {
        Int(Double(count) / (Double(end - start) / 1e9))
    }

    private func percentiles(_ durations: [Int64]) -> String {
        guard !durations.isEmpty else { return "-" }
        let sorted = durations.sorted()
        return [50, 99].map { percent in
            let value = sorted[min(sorted.count - 1, sorted.count * percent / 100)]
            return "\(Double(value / 10_000) / 100)"
        }.joined(separator: ", ")
    }
}

internal import CustomersAndOrders
internal import Platform
package import Presentation
internal import Tram
internal import TramSQLite
internal import TramWorkbench

/// The three services and their relay, as a network server needs them: it admits requests and has them
/// done. It knows nothing of sockets.
package final class Backend: Sendable {
    /// How many bytes a request's body may have.
    package static let maximumBodySize = 64 << 10

    private let guardian: RequestGuard
    /// By the name of the service.
    private let endpoints: [String: [Endpoint]]
    private let workers: Workers
    private let relay: RelayLoop?
    private let notices: NoticeLoop?
    private let openForRelay: @Sendable () throws -> CustomersAndOrders
    /// How long a job may wait for its turn, in milliseconds: longer than one for a lock.
    private let longestWait: Int64
    /// How long a request may wait for something to happen, in milliseconds.
    private let requestTimeout: Int
    private let waiting = Waiting()
    private let metrics: Metrics
    private let report: @Sendable (ServerEvent) -> Void

    /// Makes the stores if there are none, checks them, and starts the threads that work for requests.
    package init(
        _ configuration: ServeConfiguration, report: @escaping @Sendable (ServerEvent) -> Void
    ) throws {
        precondition(!configuration.isOpenToAll, "a server for all needs a token")
        let token = try configuration.tokenFile.map(TokenFile.read)
        let metrics = Metrics()
        let open = { @Sendable (lockTimeout: Int, delivers: Bool) throws in
            let directory = DataDirectory(
                path: configuration.dataDirectory, lockTimeout: lockTimeout)
            let system = try CustomersAndOrders(in: directory)
            for store in system.stores.all { metrics.watch(store, delivers: delivers) }
            // At once, so that all threads have the same files.
            try system.stores.openForWriting()
            return system
        }
        let directory = DataDirectory(
            path: configuration.dataDirectory, lockTimeout: configuration.lockTimeout)
        try CustomersAndOrders(in: directory).stores.create()
        // Checks the stores before anything is served.
        _ = try open(configuration.lockTimeout, false)

        let notices = configuration.onParked.map { NoticeLoop($0, report: report) }
        let parking = ServedParking(
            policy: ParkingPolicy(
                maxAttempts: configuration.maxAttempts, isToBeTold: notices != nil),
            notices: notices)
        let relay =
            configuration.relay == .auto
            ? RelayLoop(parking: parking, metrics: metrics, report: report) : nil
        guardian = RequestGuard(
            address: configuration.address, hostNames: configuration.hostNames, token: token)
        let operating = OperatingEndpoints(
            metrics: metrics, relay: relay, parking: parking, report: report)
        func endpoints(_ own: [Endpoint], _ title: String) -> [Endpoint] {
            operating.all(besides: own, title: title, asksForToken: token != nil)
        }
        self.endpoints = [
            ServiceName.customer: endpoints(CustomerEndpoints.all, "Customer Service"),
            ServiceName.order: endpoints(OrderEndpoints.all, "Order Service"),
            ServiceName.history: endpoints(HistoryEndpoints.all, "Order History Service"),
        ]
        self.metrics = metrics
        self.relay = relay
        self.notices = notices
        self.report = report
        // The relay has time, and must end when it is told to.
        openForRelay = { try open(200, true) }
        longestWait = Int64(configuration.lockTimeout) + 5000
        requestTimeout = configuration.requestTimeout
        workers = try Workers(
            open: { try open(configuration.lockTimeout, $0 == .relay) }, wrote: { relay?.wake() })
    }

    /// Starts to deliver messages, if that is the server's to do.
    package func startRelay() throws {
        try relay?.start(open: openForRelay)
        try notices?.start(open: openForRelay)
    }

    /// Ends the relay between two transactions, and the threads after what they have been given. Then
    /// each store is one file.
    package func stop() {
        relay?.stop()
        notices?.stop()
        workers.close()
        guard let system = try? openForRelay() else { return }
        // What is in the logs is safe there, too.
        for store in system.stores.all { try? store.checkpoint() }
    }

    // MARK: Requests

    /// A request that may be done.
    package struct Admission: Sendable {
        let endpoint: Endpoint
        let places: [String: String]
        let query: [String: String]
        let idempotencyKey: IdempotencyKey?

        /// The form of the path, for a log: without what stands in its places.
        package var path: String { endpoint.path.description }
        /// Whether the body is to be read.
        package var readsBody: Bool { endpoint.method == .post }
    }

    /// Decides by its head whether a request may be done.
    ///
    /// - Throws: what ``answer(to:)`` has an answer to.
    package func admit(_ head: RequestHead, to service: String) throws -> Admission {
        try guardian.check(head)
        let candidates = (endpoints[service] ?? []).compactMap { endpoint in
            endpoint.path.match(head.path).map { (endpoint: endpoint, places: $0) }
        }
        // A path that is there word by word is not taken for one with places.
        let fewest = candidates.map(\.places.count).min()
        let matches = candidates.filter { $0.places.count == fewest }
        guard !matches.isEmpty else {
            let other = ServiceName.all.first { name in
                endpoints[name]?.contains { $0.path.match(head.path) != nil } ?? false
            }
            throw Problem(
                code: .unknownPath, message: "there is nothing at '\(head.path)'",
                help: other.map { "ask the \($0) service, which is at another port" }
                    ?? "see what there is: GET /openapi.json")
        }
        guard let match = matches.first(where: { $0.endpoint.methods.contains(head.method) })
        else {
            let allowed = matches.flatMap(\.endpoint.methods).joined(separator: ", ")
            throw Refusal(
                Problem(
                    code: .methodNotAllowed,
                    message: "'\(head.path)' does not allow \(head.method)",
                    help: "use \(allowed)"), headers: [(name: "Allow", value: allowed)])
        }
        if match.endpoint.method == .post { try checkBody(head, of: match.endpoint) }
        let query = try head.query()
        for name in query.keys where !match.endpoint.query.contains(where: { $0.name == name }) {
            throw Problem(
                code: .query, message: "the query has the unknown parameter '\(name)'",
                reason: "Nothing was changed.", help: "see which there are: GET /openapi.json",
                field: name)
        }
        if match.endpoint.refusesIdempotencyKey { try IdempotencyKeyHeader.refuse(head) }
        return Admission(
            endpoint: match.endpoint, places: match.places, query: query,
            idempotencyKey: match.endpoint.takesIdempotencyKey
                ? try IdempotencyKeyHeader.read(head) : nil)
    }

    private func checkBody(_ head: RequestHead, of endpoint: Endpoint) throws {
        // What is no number is refused before; one that is too long for an integer is too large.
        if let length = head.values("content-length").first,
            Int(length).map({ $0 > Self.maximumBodySize }) ?? true
        {
            throw Self.bodyTooLarge
        }
        if let coding = head.values("content-encoding").first(where: { $0 != "identity" }) {
            throw Problem(
                code: .mediaType, message: "the body is encoded as '\(coding)'",
                reason: "Nothing was changed.", help: "send it without Content-Encoding")
        }
        let types = head.values("content-type")
        // A browser sends no request of JSON to another site without asking first.
        if types.isEmpty && endpoint.body == nil { return }
        let type = types.first?.prefix { $0 != ";" }.lowercased()
            .split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
        guard types.count == 1, type == "application/json" else {
            throw Problem(
                code: .mediaType,
                message: types.isEmpty
                    ? "the body's type is not given" : "the body is of type '\(types[0])'",
                reason: "Nothing was changed.", help: "send Content-Type: application/json")
        }
    }

    /// A body has more than ``maximumBodySize`` bytes.
    package static var bodyTooLarge: any Error {
        Refusal(
            Problem(
                code: .bodyTooLarge, message: "the body has more than \(maximumBodySize) bytes",
                reason: "Nothing was changed.", help: "send a smaller one"),
            closesConnection: true)
    }

    /// Has a request done, on a thread that may block. One that waits for something to happen is done
    /// again and again until it has, and holds no thread between.
    ///
    /// - Parameter isEnding: whether the server is about to end: then nothing is waited for.
    /// - Throws: what ``answer(to:)`` has an answer to, when the request is not in order.
    package func perform(
        _ admission: Admission, body: [UInt8], isEnding: () -> Bool = { false }
    ) async throws -> Answer {
        if admission.endpoint.body == nil && !body.isEmpty {
            // There is nothing to be said: but some clients always send an object.
            _ = try RequestBody(body, keys: [], example: .object([]))
        }
        let call = Call(
            places: admission.places, query: admission.query, body: body,
            idempotencyKey: admission.idempotencyKey)
        let work = try admission.endpoint.prepare(call)
        let arrival = MonotonicTime.now()
        let first = await result(on: admission.endpoint.worker, work)
        guard case .failure(let error as NotYet) = first else { return answer(with: first) }
        guard waiting.begin() else { return answer(to: WaitedTooLong()) }
        defer { waiting.end() }
        let deadline = arrival + Int64(min(error.timeout, requestTimeout))
        var last = first
        var pause: Int64 = 10
        while case .failure(_ as NotYet) = last, !isEnding(), !Task.isCancelled {
            let left = deadline - MonotonicTime.now()
            if left <= 0 { break }
            try? await Task.sleep(for: .milliseconds(min(pause, left)))
            pause = min(2 * pause, 200)
            last = await result(on: admission.endpoint.worker, work)
        }
        return answer(with: last)
    }

    /// Has the next piece of an answer made.
    package func perform(_ rest: Answer.Continuation) async -> Answer {
        answer(with: await result(on: .reader, rest.next))
    }

    private func result(
        on worker: Endpoint.Worker, _ work: @escaping Endpoint.Work
    ) async -> Result<Answer, any Error> {
        let expires = MonotonicTime.now() + longestWait
        return await withCheckedContinuation { continuation in
            let job = Job(run: work, expires: expires) { continuation.resume(returning: $0) }
            if !workers.add(job, for: worker) { job.done(.failure(WaitedTooLong())) }
        }
    }

    private func answer(with result: Result<Answer, any Error>) -> Answer {
        switch result {
        case .success(let answer): answer
        case .failure(let error): answer(to: error)
        }
    }

    /// The answer to a request that met an error. Of an error of the server itself a client is told
    /// only that there was one.
    package func answer(to error: any Error) -> Answer {
        if let refusal = error as? Refusal { return refusal.answer }
        if let error = error as? NotYet { return Answer(error.problem) }
        if error is WaitedTooLong {
            return Answer(
                Problem(
                    code: .storeBusy, message: "too many other requests are waiting",
                    reason: "Nothing was changed.", help: "try again"))
        }
        let problem = Problem(error, of: CustomersAndOrders.self)
        let answer = Answer(problem)
        guard answer.status >= 500 else { return answer }
        if problem.code == .storeBusy || problem.code == .relayBusy {
            return Answer(
                Problem(
                    code: problem.code,
                    message: problem.code == .relayBusy
                        ? "another relay has been at work for too long"
                        : "a store has been locked by another process for too long",
                    reason: problem.reason, help: "try again"))
        }
        report(.requestFailed(problem.detail))
        return Answer(
            Problem(
                code: problem.code, message: "the server failed to answer",
                help: "its log says why"))
    }

    /// Counts a request that was answered.
    package func note(
        _ service: String, _ method: String, path: String, status: Int, nanoseconds: Int64
    ) {
        metrics.count(
            .requests,
            ["service": service, "method": method, "path": path, "status": "\(status)"])
        metrics.observe(
            .requestTime, ["service": service, "path": path], seconds: Double(nanoseconds) / 1e9)
    }
}

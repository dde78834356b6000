internal import Platform
internal import Tram
internal import TramSQLite
package import TramWorkbench

/// An application's services and its relay, as a network server needs them: it admits requests and has them
/// done. It knows nothing of sockets.
package final class Backend: Sendable {
    /// A service, and all that it can be asked for.
    struct Served {
        let name: String
        let endpoints: [AnyEndpoint]
    }

    private let application: any HTTPApplication.Type
    let guardian: RequestGuard
    let services: [Served]
    private let workers: Workers
    private let relay: RelayLoop?
    private let notices: NoticeLoop?
    private let openForRelay: @Sendable () throws -> any Application
    /// How long a job may wait for its turn, in milliseconds: longer than one for a lock.
    private let longestWait: Int64
    /// How long a request may wait for something to happen, in milliseconds.
    private let requestTimeout: Int
    private let waiting = Waiting()
    private let metrics: Metrics
    private let report: @Sendable (ServerEvent) -> Void

    /// Makes the stores if there are none, checks them, and starts the threads that work for requests.
    ///
    /// - Parameter report: told what a log should tell.
    package init<App: HTTPApplication>(
        _ application: App.Type, _ configuration: ServeConfiguration,
        report: @escaping @Sendable (ServerEvent) -> Void
    ) throws {
        precondition(!configuration.isOpenToAll, "a server for all needs a token")
        let services = App.httpServices.map(AnyHTTPService.init)
        precondition(
            Set(services.map(\.name)) == Set(configuration.ports.map(\.service))
                && services.count == configuration.ports.count,
            "every HTTP service needs a port, and every port a service")
        let token = try configuration.tokenFile.map(TokenFile.read)
        let metrics = Metrics(App.gauges.map(\.erased.metric))
        let open = { @Sendable (lockTimeout: Int, delivers: Bool) throws -> App in
            let directory = DataDirectory(
                path: configuration.dataDirectory, lockTimeout: lockTimeout)
            let application = try App(in: directory)
            for store in application.stores.all { metrics.watch(store, delivers: delivers) }
            // At once, so that all threads have the same files.
            try application.stores.openForWriting()
            return application
        }
        let directory = DataDirectory(
            path: configuration.dataDirectory, lockTimeout: configuration.lockTimeout)
        try App(in: directory).stores.create()
        // Checks the stores before anything is served.
        _ = try open(configuration.lockTimeout, false)

        let notices = configuration.onParked.map { NoticeLoop($0, report: report) }
        let parking = ServedParking(
            policy: ParkingPolicy(
                maxAttempts: configuration.maxAttempts, isToBeTold: notices != nil),
            notices: notices)
        let relay =
            configuration.relay == .auto
            ? RelayLoop(of: App.self, parking: parking, metrics: metrics, report: report) : nil
        guardian = RequestGuard(
            address: configuration.address, hostNames: configuration.hostNames, token: token)
        let operating = OperatingEndpoints(
            of: App.self, metrics: metrics, relay: relay, parking: parking, report: report)
        self.services = services.map {
            Served(
                name: $0.name,
                endpoints: operating.all(besides: $0, asksForToken: token != nil))
        }
        let unknown = Self.writers(of: services).subtracting(App.definitions.map(\.name))
        precondition(unknown.isEmpty, "endpoints write stores that are not there: \(unknown)")
        self.application = App.self
        self.metrics = metrics
        self.relay = relay
        self.notices = notices
        self.report = report
        // The relay has time, and must end when it is told to.
        openForRelay = { try open(200, true) }
        longestWait = Int64(configuration.lockTimeout) + 5000
        requestTimeout = configuration.requestTimeout
        workers = try Workers(
            writers: Self.writers(of: services),
            open: { try open(configuration.lockTimeout, $0 == .relay) }, wrote: { relay?.wake() })
    }

    /// The names of the stores that requests write.
    private static func writers(of services: [AnyHTTPService]) -> Set<String> {
        Set(
            services.flatMap(\.endpoints).compactMap { endpoint in
                if case .writer(let store) = endpoint.worker { store } else { nil }
            })
    }

    /// How many files a server of this application has open at the most, besides connections: each of its
    /// threads has all stores open, with their locks and logs.
    package static func openFiles<App: HTTPApplication>(of application: App.Type) -> Int {
        let writers = writers(of: App.httpServices.map(AnyHTTPService.init)).count
        // The relay's two, of which one is for requests, and that for notices.
        let threads = Workers.readers + writers + 3
        return 92 + 4 * App.definitions.count * threads
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
        guard let application = try? openForRelay() else { return }
        // What is in the logs is safe there, too.
        for store in application.stores.all { try? store.checkpoint() }
    }

    // MARK: Requests

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
        on worker: Worker, _ work: @escaping AnyEndpoint.Work
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
        if let refusal = error as? Refusal {
            return answer(refusal.problem, headers: refusal.headers)
        }
        if let error = error as? NotYet { return answer(error.problem) }
        if error is WaitedTooLong {
            return answer(
                Problem(
                    code: .storeBusy, message: "too many other requests are waiting",
                    reason: "Nothing was changed.", help: "try again"))
        }
        let problem = Problem(error, of: application)
        guard problem.code.httpStatus.code >= 500 else { return answer(problem) }
        if problem.code == .storeBusy || problem.code == .relayBusy {
            return answer(
                Problem(
                    code: problem.code,
                    message: problem.code == .relayBusy
                        ? "another relay has been at work for too long"
                        : "a store has been locked by another process for too long",
                    reason: problem.reason, help: "try again"))
        }
        report(.requestFailed(problem.detail))
        return answer(
            Problem(
                code: problem.code, message: "the server failed to answer",
                help: "its log says why"))
    }

    private func answer(
        _ problem: Problem, headers: [(name: String, value: String)] = []
    ) -> Answer {
        Answer(problem, headers: headers, program: application.name)
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

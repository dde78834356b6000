internal import Dispatch
internal import Platform
internal import Synchronization
internal import TramWorkbench

/// A thread of the server that runs a command for each newly parked message. However long the command
/// takes, the relay goes on.
final class NoticeLoop: Sendable {
    /// How often to look whether a command that failed is to be run again, in milliseconds.
    private static let lookEvery = 500

    private struct State {
        var isRunning = false
        var isStopping = false
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let command: String
    private let report: @Sendable (ServerEvent) -> Void

    /// - Parameter command: a command line for `/bin/sh`.
    init(_ command: String, report: @escaping @Sendable (ServerEvent) -> Void) {
        self.command = command
        self.report = report
    }

    /// Starts to tell.
    func start(open: @escaping @Sendable () throws -> any Application) throws {
        try Threads.start { [self] in
            defer { ended.signal() }
            var notice = ParkedNotice(command) { [self] in isStopping }
            var application: (any Application)?
            var isNew = true
            while !isStopping {
                do {
                    let current = try application ?? open()
                    application = current
                    try notice.tell(isNew: isNew, in: current) { report(.noticeFailed($0)) }
                    isNew = false
                } catch {
                    // The stores are opened again: they may have been replaced.
                    application = nil
                }
                if arrivals.wait(timeout: .now() + .milliseconds(Self.lookEvery)) == .success {
                    isNew = true
                }
            }
        }
        state.withLock { $0.isRunning = true }
    }

    /// Says that something may have been parked.
    func wake() {
        arrivals.signal()
    }

    /// Ends the command that is running, and waits for that.
    func stop() {
        let isRunning = state.withLock { state in
            state.isStopping = true
            return state.isRunning
        }
        wake()
        if isRunning { ended.wait() }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }
}

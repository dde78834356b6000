internal import Dispatch
internal import Platform
internal import Synchronization
public import Tram

/// A relay that goes on until it is stopped: it delivers what is committed, by this process or another,
/// meets deadlines, and tries again what has failed, after a second and then at growing distances.
///
/// ``run()`` blocks, so it is called on a thread of its own. That thread opens the stores for itself. For
/// example:
///
/// ```swift
/// let runner = RelayRunner {
///     let shop = try Shop(in: directory)
///     return RelayRunner.Session(shop.relay.run(), lock: RelayLock(of: shop.relay))
/// }
/// Thread.detachNewThread {
///     do { try runner.run() } catch { log(error) }
/// }
/// …
/// runner.stop()
/// ```
///
/// It takes turns with other relays over the same stores, and lets go of their lock between two turns.
/// Whoever knows of a commit can ``wake()`` it; otherwise it asks the stores (`SharedStore`).
public final class RelayRunner: Sendable {
    /// How often it looks, and how long it works at once.
    public struct Pace: Hashable, Sendable {
        /// How often to ask the stores for commits.
        public var commits: Duration = .milliseconds(5)
        /// How often to look for deadlines, which no commit announces. In a store that cannot be asked
        /// for commits, this is also how late they may be noticed.
        public var deadlines: Duration = .milliseconds(500)
        /// How long a turn may go on while more messages come.
        public var turn: Duration = .milliseconds(100)
        /// How long the lock rests after such a turn, so that one who waits for it gets it.
        public var rest: Duration = .milliseconds(3)

        /// The usual pace.
        public init() {}
    }

    /// What a runner works with, made on its thread.
    public struct Session {
        let run: RelayRun
        /// Makes a turn while no other relay runs.
        let exclude: (() throws -> Bool) throws -> Bool
        /// Called before each look at the stores.
        package var beforeLook: () -> Void = {}
        /// Called when a turn begins, with the lock held.
        package var beforeTurn: () -> Void = {}
        /// Called when a turn has ended without an error.
        package var afterTurn: () -> Void = {}
        /// Told of what happens: see `RelayRun.pass(_:report:)`. An error of it ends ``RelayRunner/run()``.
        public var report: (RelayEvent) throws -> Void = { _ in }

        /// - Parameters:
        ///   - run: what to go on with.
        ///   - lock: keeps other relays away during a turn; nil when there can be none.
        public init(_ run: RelayRun, lock: (any RelayExclusion)?) {
            self.init(run) { turn in
                guard let lock else { return try turn() }
                return try lock.withRelayLock(waitingAtMost: .seconds(1), turn)
            }
        }

        /// The same with an exclusion of one's own, which throws `RelayIsBusy` while others have their
        /// turn.
        package init(
            _ run: RelayRun, excluding exclude: @escaping (() throws -> Bool) throws -> Bool
        ) {
            self.run = run
            self.exclude = exclude
        }
    }

    private let pace: Pace
    private let open: @Sendable () throws -> Session
    private let isStopped = Atomic(false)
    private let isWoken = Atomic(false)
    private let arrivals = DispatchSemaphore(value: 0)

    /// - Parameter open: opens the stores, on the thread that runs.
    public init(pace: Pace = Pace(), open: @escaping @Sendable () throws -> Session) {
        self.pace = pace
        self.open = open
    }

    /// Delivers until ``stop()`` is called; returns at once when that was before.
    ///
    /// - Throws: what stops a relay: an error of a store that is no mere absence of its service, or of
    ///   `open` or the report. It may be called again, and opens the stores anew.
    public func run() throws {
        if isStopping { return }
        let session = try open()
        var watch = RelayWatch(
            session.run, deadlineInterval: Int64(pace.deadlines.millisecondsToWait))
        while !isStopping {
            session.beforeLook()
            do {
                let look = try watch.look(now: MonotonicTime.now()) {
                    try session.exclude { try takeTurn(session) }
                }
                switch look {
                case .nothingNew: if pause(atMost: pace.commits) { watch.lookAgain() }
                case .drained: break
                case .more: MonotonicTime.sleep(milliseconds: pace.rest.millisecondsToWait)
                }
            } catch let error where Self.isBusy(error) {
                watch.lookAgain()
                MonotonicTime.sleep(milliseconds: pace.rest.millisecondsToWait)
            }
        }
    }

    /// Whether another relay has its turn, or another process a store.
    private static func isBusy(_ error: any Error) -> Bool {
        if case StoreError.busy = error { true } else { error is RelayIsBusy }
    }

    /// Ends ``run()`` between two transactions. It may be called on any thread, and does not wait.
    public func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wake()
    }

    /// Whether ``stop()`` was called.
    public var isStopping: Bool { isStopped.load(ordering: .sequentiallyConsistent) }

    /// Says that something may have been committed. It may be called on any thread.
    public func wake() {
        let wasWoken = isWoken.exchange(true, ordering: .sequentiallyConsistent)
        if !wasWoken { arrivals.signal() }
    }

    /// Waits, at most so long, until somebody calls ``wake()``.
    ///
    /// - Returns: whether somebody has.
    @discardableResult
    package func pause(atMost limit: Duration) -> Bool {
        _ = arrivals.wait(timeout: .now() + .milliseconds(limit.millisecondsToWait))
        return isWoken.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// Makes passes until there is nothing to deliver, or the time is over.
    ///
    /// - Returns: whether there is nothing to deliver.
    private func takeTurn(_ session: Session) throws -> Bool {
        session.beforeTurn()
        let end = MonotonicTime.now() + Int64(pace.turn.millisecondsToWait)
        let isOver = { [self] in isStopping || MonotonicTime.now() >= end }
        let summary = try session.run.runUntilIdle(
            RelayRun.Bounds(isInterrupted: isOver), report: session.report)
        session.afterTurn()
        return summary.isIdle
    }
}

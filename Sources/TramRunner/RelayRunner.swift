internal import Dispatch
internal import Platform
internal import Synchronization
public import Tram

/// A relay that goes on until it is stopped: it delivers what is committed, by this process or
/// another, meets deadlines, and tries again what has failed, after a second and then at growing
/// distances up to a minute.
///
/// ``run()`` blocks, so it is called on a thread of its own; a thread of Swift concurrency's pool
/// must not be blocked. That thread opens the stores for itself. For example:
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
/// It takes turns with other relays over the same stores, and lets go of their lock between two
/// turns. So a runner in a server, and an operator's command in a shell, can work side by side.
///
/// Whoever knows of a commit can ``wake()`` it, and the message is delivered at once. Otherwise it
/// finds commits by asking the stores (`SharedStore.dataVersion()`), which costs no transaction and
/// takes no lock. While nothing happens, that is all that it does.
///
/// A process may be killed at any time: a runner keeps nothing that is not in the stores.
public final class RelayRunner: Sendable {
    /// How often a runner looks, and how long it works at once. The usual values suit stores on a
    /// local disk; a longer ``commits`` saves power, a longer ``turn`` makes others wait longer for
    /// the lock. All times are cut to whole milliseconds.
    public struct Pace: Hashable, Sendable {
        /// How often to ask the stores for commits of others. It is how late such a commit may be
        /// noticed; one that is announced by ``RelayRunner/wake()`` is noticed at once.
        public var commits: Duration = .milliseconds(5)
        /// How often to look for what no commit announces: deadlines, failed deliveries that are
        /// due to be tried again, and services that were away. So it is how late each of these may
        /// be noticed; in a store that cannot be asked for commits, also how late those are. With
        /// zero, every look takes a turn.
        public var deadlines: Duration = .milliseconds(500)
        /// How long a turn may go on while more messages come. It ends between two chunks, so it
        /// can take as much longer as a chunk takes.
        public var turn: Duration = .milliseconds(100)
        /// How long the lock rests after such a turn, so that one who waits for it gets it.
        public var rest: Duration = .milliseconds(3)

        /// The usual pace: commits every 5 ms, deadlines every 500 ms, turns of 100 ms with rests
        /// of 3 ms.
        public init() {}
    }

    /// What a runner works with: a run over open stores, and what keeps other relays away. It is
    /// made on the runner's own thread, and never leaves it.
    public struct Session {
        let run: RelayRun
        /// Makes a turn while no other relay runs.
        let exclude: (() throws -> Bool) throws -> Bool
        /// Called before each look at the stores, whether a turn follows or not.
        package var beforeLook: () -> Void = {}
        /// Called when a turn begins, with the lock held.
        package var beforeTurn: () -> Void = {}
        /// Called when a turn has ended without an error, with the lock still held.
        package var afterTurn: () -> Void = {}
        /// Told of what happens, on the runner's thread: see `RelayRun.pass(_:report:)`. What it
        /// tells is committed already. An error that it throws ends ``RelayRunner/run()``.
        public var report: (RelayEvent) throws -> Void = { _ in }

        /// A session over these stores.
        ///
        /// - Parameters:
        ///   - run: what to go on with.
        ///   - lock: keeps other relays away during a turn; nil when there can be none, as over
        ///     stores in memory. A turn waits for it for a second, and is then tried again.
        public init(_ run: RelayRun, lock: (any RelayExclusion)?) {
            self.init(run) { turn in
                guard let lock else { return try turn() }
                return try lock.withRelayLock(waitingAtMost: .seconds(1), turn)
            }
        }

        /// The same with an exclusion of one's own, which throws `RelayIsBusy` while others have
        /// their turn.
        package init(
            _ run: RelayRun, excluding exclude: @escaping (() throws -> Bool) throws -> Bool
        ) {
            self.run = run
            self.exclude = exclude
        }
    }

    private let pace: Pace
    private let open: @Sendable () throws -> Session
    /// Set once and for all by `stop()`.
    private let isStopped = Atomic(false)
    /// Whether somebody has called `wake()` since the last pause: many calls make one signal.
    private let isWoken = Atomic(false)
    private let arrivals = DispatchSemaphore(value: 0)

    /// A runner that is not running yet. Nothing is opened.
    ///
    /// - Parameters:
    ///   - pace: how often to look.
    ///   - open: opens the stores. It is called by ``run()``, on its thread, each time that is
    ///     called.
    public init(pace: Pace = Pace(), open: @escaping @Sendable () throws -> Session) {
        self.pace = pace
        self.open = open
    }

    /// Delivers until ``stop()`` is called; returns at once when that was before.
    ///
    /// That another relay has its turn, or another process a store, is no error: the runner tries
    /// again. Nor is a service whose store is away: the others go on, and it is looked for every
    /// second.
    ///
    /// - Throws: what stops a relay: an error of a store that is no mere absence of its service, or
    ///   of `open` or the report. It may be called again, after a while, and opens the stores anew.
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

    /// Ends ``run()`` between two chunks. It may be called on any thread, any number of times, and
    /// does not wait: join the thread to know that the stores are free. A stopped runner stays
    /// stopped.
    public func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wake()
    }

    /// Whether ``stop()`` was called. ``run()`` may still be on its way to its end.
    public var isStopping: Bool { isStopped.load(ordering: .sequentiallyConsistent) }

    /// Says that something may have been committed, so that the runner looks at once. It may be
    /// called on any thread, and costs next to nothing when the runner was woken already.
    public func wake() {
        let wasWoken = isWoken.exchange(true, ordering: .sequentiallyConsistent)
        if !wasWoken { arrivals.signal() }
    }

    /// Waits, at most so long, until somebody calls ``wake()``.
    ///
    /// - Returns: whether somebody has, since the last pause.
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

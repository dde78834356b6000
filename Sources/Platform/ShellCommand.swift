private import CPlatform

/// A command line that the user has given, for `/bin/sh` to run.
///
/// What it prints goes to this process's standard error: the standard output may be a document. It has a
/// process group of its own, so that it can be ended with all that it has started, and no signal is
/// ignored or blocked in it.
package struct ShellCommand: Sendable {
    /// What came of a command.
    package enum Outcome: Equatable, Sendable {
        /// The shell ended with this status; what it left running in the background goes on.
        case exited(status: Int32)
        /// The shell was killed by this signal.
        case killed(signal: Int32)
        /// It took too long, and was ended.
        case timedOut
        /// It was ended, or not even started, because this process is to end.
        case interrupted
    }

    /// How long a command that is asked to end has for it, in milliseconds. Then it is killed.
    package static let grace: Int64 = 1000

    private let line: String

    package init(_ line: String) {
        self.line = line
    }

    /// Runs the command, and waits for its end at most so many milliseconds. Ending what takes longer
    /// takes another ``grace``, or two when the system is slow to kill it.
    ///
    /// The command need not read its input, which is a file without a name.
    ///
    /// - Parameter isInterrupted: asked every few milliseconds whether to end the command.
    /// - Throws: when it could not be started; and where this process was started with SIGCHLD ignored,
    ///   because then the system does not tell what came of it.
    package func run(
        input: [UInt8], waitingAtMost milliseconds: Int,
        isInterrupted: () -> Bool = { Signals.pending != nil }
    ) throws(SystemError) -> Outcome {
        if isInterrupted() { return .interrupted }
        let group = try start(input: input)
        let deadline = Deadline(after: milliseconds)
        var pause = Pause()
        while true {
            if let outcome = try outcome(of: group) { return outcome }
            if isInterrupted() {
                end(group)
                return .interrupted
            }
            if deadline.isOver {
                end(group)
                return .timedOut
            }
            pause.sleep()
        }
    }

    /// Starts the shell; its process id is that of its group.
    private func start(input: [UInt8]) throws(SystemError) -> pid_t {
        let file = try Files.openUnnamed(content: input)
        defer { close(file) }
        var process: pid_t = 0
        let code = tram_start_shell(line, file, &process)
        guard code == 0 else { throw SystemError("start", "/bin/sh", code: code) }
        return process
    }

    /// Nil as long as the shell runs.
    private func outcome(of process: pid_t) throws(SystemError) -> Outcome? {
        var status: Int32 = 0
        switch waitpid(process, &status, WNOHANG) {
        case process:
            let signal = status & 0x7F
            return signal == 0 ? .exited(status: (status >> 8) & 0xFF) : .killed(signal: signal)
        case 0: return nil
        default:
            if errno == EINTR { return nil }
            throw SystemError("wait for", "/bin/sh")
        }
    }

    /// Ends the whole group: with a request first, and by force if something is left of it.
    private func end(_ group: pid_t) {
        kill(-group, SIGTERM)
        if wait(until: { !hasChildren(in: group) && kill(-group, 0) != 0 }) { return }
        kill(-group, SIGKILL)
        // What is killed may still be reading a disk that does not answer.
        _ = wait(until: { !hasChildren(in: group) })
    }

    /// Waits as long as the grace is.
    private func wait(until condition: () -> Bool) -> Bool {
        let deadline = Deadline(after: Int(Self.grace))
        var pause = Pause()
        while !condition() {
            if deadline.isOver { return false }
            pause.sleep()
        }
        return true
    }

    /// Whether children of this process that have not ended are in the group: the shell, and what it has
    /// left behind where this is the first process of a container.
    private func hasChildren(in group: pid_t) -> Bool {
        while true {
            let ended = waitpid(-group, nil, WNOHANG)
            if ended <= 0 { return ended == 0 }
        }
    }
}

/// An instant to wait for.
private struct Deadline {
    private let instant: Int64

    init(after milliseconds: Int) {
        let (instant, isTooFar) = MonotonicTime.now().addingReportingOverflow(Int64(milliseconds))
        self.instant = isTooFar ? .max : instant
    }

    var isOver: Bool { MonotonicTime.now() >= instant }
}

/// Pauses that become longer, so that what is quick is seen soon and what is slow is not asked often.
private struct Pause {
    private var milliseconds = 1

    mutating func sleep() {
        MonotonicTime.sleep(milliseconds: milliseconds)
        milliseconds = min(milliseconds * 2, 20)
    }
}

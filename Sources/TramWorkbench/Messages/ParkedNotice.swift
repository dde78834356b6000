internal import Platform
internal import Tram

/// A command that is run once for each newly parked delivery, so that someone is told: with the dead
/// letter's JSON on its standard input. It is not run inside a transaction, and need not be under the
/// relay's lock.
package struct ParkedNotice {
    /// How long the command may take, in milliseconds.
    private static let longest = 30_000

    private let command: ShellCommand
    /// Asked while the command runs whether to end it.
    private let isInterrupted: () -> Bool
    private var retry = RetryDelay()
    private var hasFailed = false
    private var isFirst = true

    /// - Parameters:
    ///   - command: a command line for `/bin/sh`.
    ///   - isInterrupted: asked while the command runs whether to end it.
    package init(_ command: String, isInterrupted: @escaping () -> Bool) {
        self.command = ShellCommand(command)
        self.isInterrupted = isInterrupted
    }

    /// Runs the command where that is due: at first, when something has been parked, and when a command
    /// has failed a while ago. After one that took too long the others wait as well.
    ///
    /// - Parameters:
    ///   - isNew: whether something may have been parked since the last call.
    ///   - report: told of a command that has failed, in one sentence.
    package mutating func tell(
        isNew: Bool, in application: any Application, report: (String) -> Void
    ) throws {
        let isDue = retry.isDue(hasFailed: hasFailed, now: MonotonicTime.now())
        guard isFirst || isNew || isDue else { return }
        isFirst = false
        hasFailed = false
        var isOver = false
        try application.relay.tellOfDeadLetters(application.stores.availability()) { letter in
            if isOver { return false }
            guard let failure = run(letter, &isOver) else { return true }
            hasFailed = true
            report(
                "the command for parked messages \(failure), for \(letter.message.id) at "
                    + "\(letter.subscriber ?? "-")")
            return false
        }
        application.stores.patience.renew()
    }

    /// - Parameter isOver: becomes true when no other command is to be run now.
    /// - Returns: what went wrong; nil when the command has ended well.
    private func run(_ letter: DeadLetter, _ isOver: inout Bool) -> String? {
        do {
            let input = Array((letter.wholeJSON.text + "\n").utf8)
            let outcome = try command.run(
                input: input, waitingAtMost: Self.longest, isInterrupted: isInterrupted)
            isOver = outcome == .timedOut || outcome == .interrupted
            return switch outcome {
            case .exited(status: 0): nil
            case .exited(let status): "ended with status \(status)"
            case .killed(let signal): "was killed by signal \(signal)"
            case .timedOut: "took more than \(Self.longest / 1000) seconds and was ended"
            case .interrupted: "was ended, like its relay"
            }
        } catch {
            return "could not be run: \(error)"
        }
    }
}

/// The exit codes, most of them those of sysexits(3).
public enum ExitStatus: Int32, Sendable {
    case done = 0
    /// The answer is no: not found, refused by a rule, a delivery failed, a check violated.
    case no = 1
    /// A bound was reached, or work remains.
    case bound = 2
    /// Wrong usage or value.
    case usage = 64
    /// A store is damaged.
    case damaged = 65
    /// There is no store.
    case noStore = 66
    /// A part of the program is not installed, or a port is taken.
    case unavailable = 69
    /// A bug in the program.
    case bug = 70
    /// The store cannot be written; nothing changed.
    case notWritable = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// Another process holds a lock.
    case busy = 75
    /// The store was written by a newer program.
    case tooNew = 78
}

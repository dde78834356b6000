internal import Platform
public import Tram

/// A relay's `DeliveryJournal` in a file, which is written only when the process dies of its own
/// fault.
///
/// Otherwise it costs a copy of a few bytes for each delivery. The file is written by a signal
/// handler, so traps of Swift, bad accesses to memory, stack overflows and `abort()` are noticed;
/// `kill`, `exit()` and a loss of power are not, and need not be.
///
/// All relays of a system share one file, since one of them is at work at a time (``RelayLock``):
///
/// ```swift
/// let journal = CrashJournal(path: "shop/delivery-in-hand")
/// try relay.run(journal: journal).pass()
/// ```
public struct CrashJournal: DeliveryJournal {
    private let note: CrashNote

    /// A journal at `path`.
    ///
    /// - Parameter path: the file, in a directory that exists. It is there only after a fault.
    public init(path: String) {
        note = CrashNote(path: path)
    }

    /// Notes the delivery for this thread, in memory.
    public func begin(_ message: MessageID, for subscriber: String) {
        // Without memory for a note there is none: then a fault does not count.
        try? note.begin("\(message) \(subscriber)")
    }

    /// Forgets the delivery of this thread.
    public func end() {
        note.end()
    }

    /// Reads and removes the file.
    ///
    /// - Returns: nil when there is no file, or when it does not hold a delivery.
    /// - Throws: `StoreError/notWritable(path:detail:)` when the file cannot be read or removed.
    public func takeFatalDelivery() throws -> FatalDelivery? {
        let content: CrashNote.Content?
        do {
            content = try note.take()
        } catch {
            throw StoreError.notWritable(path: note.path, detail: error.reason)
        }
        guard let content else { return nil }
        let words = content.text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let message = MessageID(String(words[0])) else { return nil }
        return FatalDelivery(
            message: message, subscriber: String(words[1]), cause: content.signal)
    }
}

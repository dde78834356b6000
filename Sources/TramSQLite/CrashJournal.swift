internal import Platform
public import Tram

/// A relay's journal in a file: it is written when the process dies of its own fault, and costs a copy
/// of a few bytes for each delivery otherwise.
///
/// All relays of a system share one file, and one of them is at work at a time. For example:
///
/// ```swift
/// let journal = CrashJournal(path: "shop/delivery-in-hand")
/// try relay.run(journal: journal).pass()
/// ```
public struct CrashJournal: DeliveryJournal {
    private let note: CrashNote

    /// - Parameter path: the file, in a directory that exists. It is there only after a fault.
    public init(path: String) {
        note = CrashNote(path: path)
    }

    public func begin(_ message: MessageID, for subscriber: String) {
        // Without memory for a note there is none: then a fault does not count.
        try? note.begin("\(message) \(subscriber)")
    }

    public func end() {
        note.end()
    }

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

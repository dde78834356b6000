/// Why a message is sent: in the handling of which other message, and as a part of which chain.
///
/// The library writes it into the headers ``MessageHeader/causationID`` and
/// ``MessageHeader/correlationID`` of whatever is sent. The terms are those of the pattern "Correlation
/// Identifier" (Hohpe and Woolf, *Enterprise Integration Patterns*).
public struct MessageCause: Hashable, Sendable {
    /// The message in whose handling it is sent; nil when nothing but a user has caused it.
    public let message: MessageID?
    /// The id of the first message of the chain.
    public let correlationID: String
    /// The place in a distributed trace that is handed on, or nil.
    let trace: TraceContext?

    /// The cause of what is sent while a message is handled.
    public init(_ message: Message) {
        self.message = message.id
        correlationID = message.correlationID
        trace = TraceContext(message.headers)
    }

    /// A message of which only the id is known any more: its chain begins with it.
    public init(_ message: MessageID) {
        self.message = message
        correlationID = message.description
        trace = nil
    }

    /// The cause of what a transaction sends after its first message, when nothing has caused that.
    init(chainBeganWith first: MessageID) {
        message = nil
        correlationID = first.description
        trace = nil
    }

    /// Adds the headers that tell it. What the message says of its own trace stands.
    func add(to headers: inout [String: String]) {
        headers[MessageHeader.causationID] = message?.description
        headers[MessageHeader.correlationID] = correlationID
        trace?.add(to: &headers)
    }
}

/// Where a message stands in a distributed trace: the headers of the W3C Recommendation "Trace
/// Context", as they are handed on from a message to what its handler sends.
struct TraceContext: Hashable, Sendable {
    let parent: String
    let state: String?

    init?(_ headers: [String: String]) {
        guard let parent = headers[MessageHeader.traceParent] else { return nil }
        self.parent = parent
        state = headers[MessageHeader.traceState]
    }

    func add(to headers: inout [String: String]) {
        let isTold = headers.keys.contains { $0.lowercased() == MessageHeader.traceParent }
        if isTold { return }
        headers[MessageHeader.traceParent] = parent
        headers[MessageHeader.traceState] = state
    }
}

extension Transaction {
    /// Runs `body`; what it sends is caused by this. The library does so around every handler: it is
    /// for what a deadline or an operator makes a service send.
    public func causing<Result>(
        by cause: MessageCause, _ body: () throws -> Result
    ) rethrows -> Result {
        let before = self.cause
        self.cause = cause
        defer { self.cause = before }
        return try body()
    }

    /// Runs `body`; what it sends is caused by a message of this store's outbox, for example by the
    /// command whose reply has not come. It belongs to that message's chain, as far as its row is still
    /// there to tell.
    ///
    /// - Parameter message: nil when nothing has caused what is sent.
    public func causing<Result>(
        by message: MessageID?, _ body: () throws -> Result
    ) throws -> Result {
        guard let message else { return try body() }
        let isOwn = message.service == storeName
        let entry = isOwn ? try Outbox(self).message(message.number) : nil
        let cause = entry.map { MessageCause($0.message) } ?? MessageCause(message)
        return try causing(by: cause, body)
    }
}

/// Why a message is sent: in the handling of which other message, and as part of which chain.
///
/// The library writes it into the headers ``MessageHeader/causationID`` and
/// ``MessageHeader/correlationID`` of whatever is sent, so that later every effect can be traced
/// back to the request that began it. Handlers need not do anything for it.
/// `Transaction.causing(by:_:)` sets it for work that the library does not know the cause of.
///
/// The terms are those of the pattern "Correlation Identifier" (Hohpe and Woolf, *Enterprise
/// Integration Patterns*).
public struct MessageCause: Hashable, Sendable {
    /// The message in whose handling it is sent; nil when only a user has caused it.
    public let message: MessageID?
    /// The id of the first message of the chain.
    public let correlationID: String
    /// The place in a distributed trace that is handed on; nil when the message bears none.
    let trace: TraceContext?

    /// The cause of what is sent while `message` is handled.
    public init(_ message: Message) {
        self.message = message.id
        correlationID = message.correlationID
        trace = TraceContext(message.headers)
    }

    /// The cause when only the id of the message is known any more: the chain then begins with it.
    public init(_ message: MessageID) {
        self.message = message
        correlationID = message.description
        trace = nil
    }

    /// The cause of what a transaction sends after its first message, if that one was caused by a
    /// user only: it shares the chain, and no message has caused it.
    init(chainBeganWith first: MessageID) {
        message = nil
        correlationID = first.description
        trace = nil
    }

    /// Adds the headers that tell the cause. A trace that the message already names stands.
    func add(to headers: inout [String: String]) {
        headers[MessageHeader.causationID] = message?.description
        headers[MessageHeader.correlationID] = correlationID
        trace?.add(to: &headers)
    }
}

/// Where a message stands in a distributed trace: the headers of the W3C Recommendation "Trace
/// Context", as they are handed on from a message to what its handler sends.
struct TraceContext: Hashable, Sendable {
    /// The header `traceparent`, handed on as it came: this library makes no spans of its own.
    let parent: String
    /// The header `tracestate`; nil when there was none.
    let state: String?

    init?(_ headers: [String: String]) {
        guard let parent = headers[MessageHeader.traceParent] else { return nil }
        self.parent = parent
        state = headers[MessageHeader.traceState]
    }

    /// Adds both headers, unless the message has a `traceparent` of its own in whatever letters.
    func add(to headers: inout [String: String]) {
        let isTold = headers.keys.contains { $0.lowercased() == MessageHeader.traceParent }
        if isTold { return }
        headers[MessageHeader.traceParent] = parent
        headers[MessageHeader.traceState] = state
    }
}

extension Transaction {
    /// Runs `body`; what it sends is caused by `cause`, and afterwards the cause is what it was
    /// before.
    ///
    /// The library does so around every handler. Call it for work that a deadline or an operator
    /// has started, or that began outside of this system.
    public func causing<Result>(
        by cause: MessageCause, _ body: () throws -> Result
    ) rethrows -> Result {
        let before = self.cause
        self.cause = cause
        defer { self.cause = before }
        return try body()
    }

    /// Runs `body`; what it sends is caused by a message of this store's outbox, for example by the
    /// command whose reply has not come.
    ///
    /// It belongs to that message's chain as far as the message's row is still there to tell. Of a
    /// purged message, the chain begins with the message itself.
    ///
    /// - Parameters:
    ///   - message: nil when nothing has caused what is sent; then this only runs `body`.
    ///   - body: sends messages in this transaction.
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

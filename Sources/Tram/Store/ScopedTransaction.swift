/// A part of a transaction that ends before the transaction does: that of one handler among the
/// many deliveries of a chunk.
///
/// The deliveries of a chunk share one transaction, and so one commit. Each handler is given a
/// `ScopedTransaction` of its own, so that one that keeps it beyond its end meets
/// ``StoreError/transactionOver(service:)`` as it would with a transaction for itself, instead of
/// writing into somebody else's delivery. It also gives each handler its own ``cause``, and knows
/// which delivery is being made.
///
/// All statements go to the whole transaction.
package final class ScopedTransaction: Transaction {
    /// The transaction that this is a part of. It may be a part itself.
    private let whole: any Transaction
    /// The delivery that is being made here; nil when none is.
    private let delivery: DeliveryInHand?
    /// Whether the body has returned.
    private var isOver = false
    package var cause: MessageCause?

    fileprivate init(
        _ whole: any Transaction, cause: MessageCause?, delivery: DeliveryInHand?
    ) {
        self.whole = whole
        self.cause = cause
        self.delivery = delivery
    }

    package var storeName: String { whole.storeName }
    package var now: Timestamp { whole.now }
    package var failure: (any Error)? { whole.failure }

    @discardableResult
    package func execute(_ statement: SQL) throws -> Int {
        try checkIsNotOver()
        return try whole.execute(statement)
    }

    package func rows(_ statement: SQL) throws -> [Row] {
        try checkIsNotOver()
        return try whole.rows(statement)
    }

    package func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
        try checkIsNotOver()
        let before = cause
        do {
            return try whole.savepoint(body)
        } catch {
            // The savepoint is undone, and with it the message that may have begun a chain.
            cause = before
            throw error
        }
    }

    package func checkDeferredRules() throws {
        try checkIsNotOver()
        try whole.checkDeferredRules()
    }

    package func counters() throws -> [String: Int] {
        try checkIsNotOver()
        return try whole.counters()
    }

    package func hasTable(_ name: String) throws -> Bool {
        try checkIsNotOver()
        return try whole.hasTable(name)
    }

    package func setCounter(of table: String, to value: Int) throws {
        try checkIsNotOver()
        try whole.setCounter(of: table, to: value)
    }

    private func checkIsNotOver() throws {
        if isOver { throw StoreError.transactionOver(service: storeName) }
    }

    fileprivate func end() {
        isOver = true
    }

    /// Whether this delivery is being made here, or in a transaction of which this is a part.
    fileprivate func isMaking(_ other: DeliveryInHand) -> Bool {
        delivery == other || whole.isMaking(other)
    }
}

/// A message that a subscriber is handling at present.
///
/// A handler that delivers its own message to its own subscriber would run again, since the inbox
/// row is inserted when the handler returns. By this it is found out.
struct DeliveryInHand: Hashable {
    let message: MessageID
    let subscriber: String
}

extension Transaction {
    /// Runs `body` with a part of this transaction that is over when it returns or throws.
    ///
    /// - Parameters:
    ///   - cause: the cause of what `body` sends; nil when a chain begins there.
    ///   - body: uses the part. Its writes are not undone when it throws: that is what
    ///     ``Transaction/savepoint(_:)`` is for.
    package func scoped<Result>(
        cause: MessageCause? = nil, _ body: (any Transaction) throws -> Result
    ) rethrows -> Result {
        try scoped(cause: cause, making: nil, body)
    }

    /// The same for a delivery: ``isMaking(_:)`` tells of it in the part and in parts of the part.
    func scoped<Result>(
        cause: MessageCause?, making delivery: DeliveryInHand?,
        _ body: (any Transaction) throws -> Result
    ) rethrows -> Result {
        let part = ScopedTransaction(self, cause: cause, delivery: delivery)
        defer { part.end() }
        return try body(part)
    }

    /// Whether this delivery is being made in this transaction: then its inbox row is not there
    /// yet, and the message is a duplicate all the same.
    func isMaking(_ delivery: DeliveryInHand) -> Bool {
        (self as? ScopedTransaction)?.isMaking(delivery) ?? false
    }
}

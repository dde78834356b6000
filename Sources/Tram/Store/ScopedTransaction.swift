/// A part of a transaction that ends before the transaction does: that of one handler among the many
/// deliveries of a chunk. Used afterwards, it throws ``StoreError/transactionOver(service:)``.
package final class ScopedTransaction: Transaction {
    private let whole: any Transaction
    /// The delivery in hand; nil when it is none.
    private let delivery: DeliveryInHand?
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
            // What began a chain was not sent.
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

    /// Whether this delivery is in hand here, or around here.
    fileprivate func isMaking(_ other: DeliveryInHand) -> Bool {
        delivery == other || whole.isMaking(other)
    }
}

/// A message that a subscriber handles at present.
struct DeliveryInHand: Hashable {
    let message: MessageID
    let subscriber: String
}

extension Transaction {
    /// Runs `body` with a part of this transaction that is over when it returns.
    ///
    /// - Parameter cause: of what it sends; nil when a chain begins with that.
    package func scoped<Result>(
        cause: MessageCause? = nil, _ body: (any Transaction) throws -> Result
    ) rethrows -> Result {
        try scoped(cause: cause, making: nil, body)
    }

    /// The same for a delivery.
    func scoped<Result>(
        cause: MessageCause?, making delivery: DeliveryInHand?,
        _ body: (any Transaction) throws -> Result
    ) rethrows -> Result {
        let part = ScopedTransaction(self, cause: cause, delivery: delivery)
        defer { part.end() }
        return try body(part)
    }

    /// Whether this delivery is being made in this transaction: then its row in the inbox comes later.
    func isMaking(_ delivery: DeliveryInHand) -> Bool {
        (self as? ScopedTransaction)?.isMaking(delivery) ?? false
    }
}

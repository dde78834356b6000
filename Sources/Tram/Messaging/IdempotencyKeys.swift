/// The requests that a service has carried out under an ``IdempotencyKey``, with their answers,
/// kept in the service's own store.
///
/// A client that got no answer cannot know whether its request was carried out. It sends the
/// request again under the same key: if the first one was carried out, it gets the first one's
/// answer, and nothing happens a second time.
///
/// ```swift
/// func openAccount(_ owner: String, key: IdempotencyKey?) throws -> Account {
///     try store.write { transaction in
///         try IdempotencyKeys(transaction).answer(key, to: OpenAccount(owner: owner)) {
///             let account = try Accounts(transaction).insert(owner: owner)
///             try transaction.publish(AccountOpened(owner: owner), about: account.id)
///             return account
///         }
///     }
/// }
/// ```
///
/// The key is stored in the transaction that carries out the request, so after a crash both are
/// there or neither. Two processes with the same key write one after the other, and the second one
/// finds the first one's answer.
///
/// * A request that throws has no effect when its transaction is rolled back, and leaves no key:
///   sent again, it is tried again.
/// * Store facts, not rendered text: an answer is kept for as long as its key, and may be asked for
///   by another kind of client.
/// * A key is kept until ``Relay/purge(_:_:)`` deletes it by its age. A request that is repeated
///   after that is carried out again.
///
/// It protects against repeated requests of clients. Repeated deliveries of messages are the
/// business of the ``Inbox``.
///
/// After the Internet-Draft "The Idempotency-Key HTTP Header Field"
/// (draft-ietf-httpapi-idempotency-key-header) and the idempotent requests of Stripe's API.
public struct IdempotencyKeys {
    private let transaction: any Transaction

    /// The keys in the store of a transaction, which must be one that may write.
    public init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    /// Carries out a request, unless it was carried out before under the same key.
    ///
    /// It reads one row, and inserts one after `body`.
    ///
    /// - Parameters:
    ///   - key: without one, the request is always carried out, and nothing is stored.
    ///   - request: what is asked for, with everything that the effect depends on. Two requests are
    ///     the same when their JSON is, byte by byte, so an upgrade that changes the type's JSON
    ///     makes a repeated request another one. Let it tell two operations of the service apart,
    ///     too: names of types are not part of the JSON.
    ///   - body: carries out the request in this transaction, and returns the answer.
    /// - Returns: the answer of this request, or the stored one of the earlier request.
    /// - Throws: ``IdempotencyKeyReused`` when the key stands for another request; what `body`
    ///   throws; ``StoreError/unexpectedRow(_:)`` when the stored answer cannot be decoded as
    ///   `Answer`; an `EncodingError`.
    public func answer<Answer: Codable>(
        _ key: IdempotencyKey?, to request: some Encodable, _ body: () throws -> Answer
    ) throws -> Answer {
        guard let key else { return try body() }
        let request = try WireFormat.encode(request)
        if let known = try find(key) {
            // Swift compares texts by canonical equivalence. Two that only look the same are two
            // requests.
            guard known.request.utf8.elementsEqual(request.utf8) else {
                throw IdempotencyKeyReused(key: key)
            }
            return try storedJSON(Answer.self, known.answer)
        }
        let answer = try body()
        try transaction.execute(
            """
            INSERT INTO idempotency_key (idempotency_key, request, answer, creation_time)
            VALUES (\(key.description), \(request), \(try WireFormat.encode(answer)),
                \(Int(transaction.now.milliseconds)))
            """)
        return answer
    }

    /// The stored request and answer, both JSON text. The key is the table's primary key.
    private func find(_ key: IdempotencyKey) throws -> (request: String, answer: String)? {
        try transaction.rows(
            """
            SELECT request, answer FROM idempotency_key
            WHERE idempotency_key = \(key.description)
            """
        ).first.map {
            let (request, answer): (String, String) = try $0.values()
            return (request, answer)
        }
    }
}

/// A key was given to two different requests. The second one was not carried out, and nothing was
/// written.
///
/// It is a mistake of the client: the draft answers it with the HTTP status 422.
public struct IdempotencyKeyReused: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key that stands for another request.
    public let key: IdempotencyKey

    public var description: String { "the key '\(key)' stands for another request" }
}

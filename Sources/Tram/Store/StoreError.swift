/// What can go wrong in a store, as facts. Programs turn them into prose and exit codes elsewhere.
///
/// Three properties sort the cases by what they mean for others: ``isUnavailability`` (the service
/// is away, and the others go on), ``isFailureOfStore`` (no later statement can be expected to
/// work) and ``isRefusedCommit``.
///
/// Another kind of store says the same of its own errors. Where a case has a `path`, it gives the
/// name by which its user knows the store, such as a URL without its password. It chooses the case
/// by what a relay is to do:
///
/// * The service is away, and the others go on: ``missing(path:)`` when there is no such database,
///   ``busy(path:waited:)`` when a lock or a connection was waited for too long, ``moved(path:)``
///   when the connection was lost and the next transaction may have another,
///   ``damaged(path:detail:)``, ``tooNew(path:version:supported:)``.
/// * The relay stops, since going on could lose or mix messages: ``foreign(path:applicationID:)``,
///   ``ofOtherSystem(service:detail:)``, ``rolledBack(service:detail:)``,
///   ``notWritable(path:detail:)``, ``full(path:)``, ``inputOutput(path:detail:atCommit:)``. The
///   last one with `atCommit` is for every commit whose outcome is not known: its messages are
///   delivered again, and the inbox recognizes them.
/// * Only this delivery has failed: ``constraint(sql:detail:)`` when a row breaks a rule, with the
///   statement `COMMIT` when that is found at the commit (for a serialization failure, too: the
///   delivery is made again by itself), ``failed(sql:code:detail:)``, ``unexpectedRow(_:)``,
///   ``transactionOver(service:)``, ``nested(service:)``, ``insideAnother(service:outer:)``,
///   ``forbidden(sql:)``.
///
/// `StoreContract` in `TramTesting` tests what can be tested of it without breaking a disk.
public enum StoreError: Error, Hashable, Sendable {
    /// There is no file, or an empty one, where a store should be. Create the store, or correct the
    /// path.
    case missing(path: String)
    /// The file was deleted, or replaced by another, while the store was open. Nothing was changed;
    /// the next transaction opens what is there then.
    case moved(path: String)
    /// The file is not an intact store: not SQLite at all, broken, or with another schema than its
    /// version has. It is left as it is. Restore a copy.
    case damaged(path: String, detail: String)
    /// The file is a sound SQLite database with another application id: it belongs to another
    /// program, or to another kind of store. It is left as it is.
    case foreign(path: String, applicationID: Int)
    /// The store belongs to another system than the others, or to another of its services: files
    /// were confused. Nothing is delivered, so that two systems do not mix.
    case ofOtherSystem(service: String, detail: String)
    /// The store is older than what others have seen of it: a copy was put back, or its last
    /// transactions are lost. Nothing is delivered until ``Relay/accept(_:incarnation:)`` goes on
    /// from the copy, or a newer one is put in its place.
    case rolledBack(service: String, detail: String)
    /// The store was written by a newer version of the program, with migrations that this one does
    /// not have. Versions are ``StoreVersion/number``. Use the newer program.
    case tooNew(path: String, version: Int, supported: Int)
    /// The store, or its directory, cannot be written: permissions, a read-only or a network file
    /// system.
    case notWritable(path: String, detail: String)
    /// The disk is full. The transaction was rolled back; it can be repeated when there is room.
    case full(path: String)
    /// Another user of the store held a lock for longer than this one was told to wait. Nothing was
    /// changed, and trying again later is safe.
    case busy(path: String, waited: Duration)
    /// Somebody has the store open, and what is to be done (a migration, a replacement) needs it
    /// alone: for longer than this process was told to wait.
    case inUse(path: String, waited: Duration)
    /// Reading or writing failed. If `atCommit`, the last transaction may or may not be there;
    /// otherwise it is not.
    case inputOutput(path: String, detail: String, atCommit: Bool)
    /// An earlier error has ended the transaction that this statement belongs to. That error is the
    /// one to report.
    case transactionEnded
    /// A statement has rolled back the whole transaction that it belongs to, including what other
    /// deliveries have done in it, because a row breaks a rule of the schema: `INSERT OR ROLLBACK`
    /// and the like. Such a statement is not for a handler.
    case undone(sql: String, detail: String)
    /// A transaction was used after its body had returned: a mistake in the program.
    case transactionOver(service: String)
    /// A transaction was begun inside another one of the same store, perhaps through a second
    /// object that has it open: a mistake in the program. Hand on the transaction instead of the
    /// store.
    case nested(service: String)
    /// A transaction that writes was begun inside one of another service's store: a mistake in the
    /// program.
    ///
    /// It would be kept when the outer one is rolled back, and made again when the outer one's
    /// message is delivered again. Services send one another messages instead. The stores of
    /// `TramSQLite` find it out; another kind need not.
    case insideAnother(service: String, outer: String)
    /// A statement that is not for the body of a transaction, or that writes in a `read`: a mistake
    /// in the program. It was not run.
    case forbidden(sql: String)
    /// A row breaks a rule of the schema: `UNIQUE`, `CHECK`, `NOT NULL`, a foreign key. The
    /// statement had no effect; the transaction can go on.
    case constraint(sql: String, detail: String)
    /// A statement cannot be run, for example because of its syntax or a missing table: a mistake
    /// in the program. `code` is the database's own.
    case failed(sql: String, code: Int, detail: String)
    /// A row does not hold what the program expects: another type, fewer columns, a text that is
    /// not valid JSON.
    case unexpectedRow(String)

    /// Whether the store itself failed, rather than the statement or the row that it was given.
    ///
    /// No later statement can be expected to work, so a delivery that meets such an error is not
    /// counted as a failed attempt: the relay stops, or goes on without the service.
    public var isFailureOfStore: Bool {
        switch self {
        case .missing, .moved, .damaged, .foreign, .ofOtherSystem, .rolledBack, .tooNew,
            .notWritable, .full, .busy, .inUse, .inputOutput, .transactionEnded, .undone:
            true
        case .transactionOver, .nested, .insideAnother, .forbidden, .constraint, .failed,
            .unexpectedRow:
            false
        }
    }

    /// Whether rows break a rule and the whole transaction was rolled back because of it: at the
    /// commit, or by a statement that demands it.
    ///
    /// The store is sound. A relay then makes the deliveries of the transaction one by one, to find
    /// the one that is refused.
    public var isRefusedCommit: Bool {
        switch self {
        case .constraint(sql: "COMMIT", _), .undone: true
        default: false
        }
    }

    /// Whether the store's service is away and the others can go on without it, as in a system
    /// where each service has a process of its own. See ``Availability``.
    public var isUnavailability: Bool {
        switch self {
        case .missing, .moved, .damaged, .tooNew, .busy, .inUse: true
        case .foreign, .ofOtherSystem, .rolledBack, .notWritable, .full, .inputOutput,
            .transactionEnded, .undone, .transactionOver, .nested, .insideAnother, .forbidden,
            .constraint, .failed, .unexpectedRow:
            false
        }
    }
}

/// One sentence for logs. Statements are put on one line; bound values are never shown.
extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let path): "no store at \(path)"
        case .moved(let path): "the store at \(path) is not the one that was opened"
        case .damaged(let path, let detail): "\(path) is damaged: \(detail)"
        case .foreign(let path, let id): "\(path) belongs to another program (application id \(id))"
        case .ofOtherSystem(let service, let detail):
            "the store of \(service) does not belong to this system: \(detail)"
        case .rolledBack(let service, let detail):
            "the store of \(service) is older than what others have seen of it: \(detail)"
        case .tooNew(let path, let version, let supported):
            "\(path) has version \(version), and only versions up to \(supported) are known"
        case .notWritable(let path, let detail): "\(path) cannot be written: \(detail)"
        case .full(let path): "no space left for \(path)"
        case .busy(let path, let waited):
            "\(path) was locked for more than \(waited.milliseconds) ms"
        case .inUse(let path, let waited):
            "\(path) was open in another process for more than \(waited.milliseconds) ms"
        case .inputOutput(let path, let detail, let atCommit):
            "input or output failed on \(path)\(atCommit ? " at commit" : ""): \(detail)"
        case .transactionEnded: "an earlier error has ended the transaction"
        case .undone(let sql, let detail):
            "\(detail), which undid the whole transaction, in: \(onOneLine(sql))"
        case .transactionOver(let service):
            "a transaction of the \(service) store was used after its body had returned"
        case .nested(let service):
            "a transaction of the \(service) store was begun inside another one of it"
        case .insideAnother(let service, let outer):
            "a transaction of the \(service) store was begun inside one of the \(outer) store, with "
                + "which it would not be undone: send a message to \(service) instead"
        case .forbidden(let sql):
            "not for the body of a transaction, and not run: \(onOneLine(sql))"
        case .constraint(let sql, let detail): "\(detail) in: \(onOneLine(sql))"
        case .failed(let sql, let code, let detail): "\(detail) (\(code)) in: \(onOneLine(sql))"
        case .unexpectedRow(let detail): "unexpected row: \(detail)"
        }
    }

    private func onOneLine(_ sql: String) -> String {
        sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

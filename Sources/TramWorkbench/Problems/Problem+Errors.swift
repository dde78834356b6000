internal import Platform
internal import Tram

// Where the facts of the layers below become prose.

extension Problem {
    /// Puts any error of the layers below into words.
    ///
    /// - Parameter application: the one that has met it: it knows the commands that help.
    public init(_ error: any Error, of application: any Application.Type) {
        switch error {
        case let problem as Problem: self = problem
        case let error as any ProblemConvertible: self = error.problem
        case let error as StoreError: self.init(error, of: application)
        case let error as DataDirectoryError: self.init(error, of: application)
        case let error as SagaDamage:
            self.init(StoreError.unexpectedRow("\(error)"), of: application)
        case let error as RelayIsBusy: self.init(error)
        case let error as IdempotencyKeyReused: self.init(error)
        case let error as StoreCopyError: self.init(error)
        case let error as RedeliveryError: self.init(error)
        case let error as DeadLetterError: self.init(error)
        case let error as SubscriberRemovalError: self.init(error)
        case let error as UnknownSubscriber: self.init(error)
        case let error as SystemError:
            self.init(
                code: .inputOutput, message: "the output could not be written: \(error)",
                reason: "Whatever the command changed is committed; only its report is lost.",
                help: "look at the result with a 'show' or 'list' command")
        default: self.init(bug: "\(error)", of: application)
        }
    }

    init(bug detail: String, of application: any Application.Type) {
        let line = detail.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        self.init(
            code: .bug, message: "this is a bug in \(application.name): \(line)",
            reason: "The transaction in hand was undone.",
            help: "please report this, with the command and '\(command: "store check")'")
    }

    /// Rewords an error that came after some transactions were committed.
    public static func amidWork(
        _ error: any Error, of application: any Application.Type
    ) -> any Error {
        guard let error = error as? StoreError else { return error }
        if case .inputOutput(_, _, atCommit: true) = error { return error }
        var failure = Problem(error, of: application)
        failure.reason = "The transaction in hand was undone; what was committed before stands."
        return failure
    }

    /// Rewords an error of a command's only transaction: there are no earlier ones.
    public static func ofOnlyTransaction(
        _ error: any Error, of application: any Application.Type
    ) -> any Error {
        guard let error = error as? StoreError, case .full = error else { return error }
        var failure = Problem(error, of: application)
        failure.reason = "Nothing was changed."
        return failure
    }

    init(_ error: IdempotencyKeyReused) {
        self.init(
            code: .idempotencyKeyReused,
            message: "the idempotency key '\(error.key)' was used for another request",
            reason: "A key belongs to one request only. Nothing was changed.",
            help: "give this request a key of its own", field: "idempotency-key",
            value: error.key.description)
    }
}

internal import Contracts
internal import CustomersAndOrders
internal import Orders
internal import Platform
internal import Tram
internal import TramWorkbench

// Where the facts of the layers below become prose.

extension Problem {
    /// Puts any error of the layers below into words.
    package init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as StoreError: self.init(error)
        case let error as DataDirectoryError: self.init(error)
        case let error as OrderError: self.init(error)
        case let error as HistoryRebuildError: self.init(error)
        case let error as RelayIsBusy: self.init(error)
        case let error as SagaDecisionError: self.init(error)
        case let error as SagaDamage: self.init(StoreError.unexpectedRow("\(error)"))
        case let error as IdempotencyKeyReused: self.init(error)
        case let error as ViewProgressError: self.init(error)
        case let error as StoreCopyError: self.init(error)
        case let error as RedeliveryError: self.init(error)
        case let error as DeadLetterError: self.init(error)
        case let error as SubscriberRemovalError: self.init(error)
        case let error as UnknownSubscriber:
            self.init(unknownSubscriber: error.id, field: "subscriber")
        case let error as SystemError:
            self.init(
                code: .inputOutput, message: "the output could not be written: \(error)",
                reason: "Whatever the command changed is committed; only its report is lost.",
                help: "look at the result with a 'show' or 'list' command")
        default: self.init(bug: "\(error)")
        }
    }

    init(bug detail: String) {
        let line = detail.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        self.init(
            code: .bug, message: "this is a bug in tram: \(line)",
            reason: "The transaction in hand was undone.",
            help: "please report this, with the command and 'tram store check'")
    }
}

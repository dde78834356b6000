internal import Contracts
internal import CustomersAndOrders
internal import Orders
internal import Platform
internal import Tram

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

    private init(bug detail: String) {
        let line = detail.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        self.init(
            code: .bug, message: "tram made a mistake: \(line)",
            reason: "The transaction in hand was undone.",
            help: "please report this, with the command and 'tram store check'")
    }

    init(_ error: StoreError) {
        switch error {
        case .missing(let path):
            self.init(
                code: .storeDamaged, message: "the store file \(path) is missing or empty",
                reason: "The other stores are there, and nothing was changed.",
                help: "restore the file, or start anew in another directory: --data-dir DIR")
        case .moved(let path):
            self.init(
                code: .storeDamaged,
                message: "the store file \(path) was deleted or replaced while it was open",
                reason: "Nothing was changed.",
                help: "put the file back, or start again with what is there now")
        case .damaged(let path, let detail):
            self.init(
                code: .storeDamaged, message: "\(path) is damaged: \(detail)",
                reason: "Nothing was changed.",
                help:
                    "restore the file from a copy, or start anew in another directory: --data-dir DIR"
            )
        case .foreign(let path, let applicationID):
            self.init(
                code: .storeForeign,
                message: "\(path) is not this store: its application id is \(applicationID)",
                reason: "It belongs to another program or service, and was not changed.",
                help: "move that file away, or use another directory: --data-dir DIR")
        case .ofOtherSystem(let service, let detail):
            self.init(
                code: .storeForeign,
                message: "the \(service) store does not belong here: \(detail)",
                reason: "Nothing was delivered or changed.",
                help: (service == ServiceName.history
                    ? "make it anew with 'tram history rebuild', or " : "")
                    + "put this system's own back with 'tram store restore DIR'; from an older copy "
                    + "of it go on with 'tram store accept \(service)' and "
                    + "'tram relay redeliver --to \(service)'")
        case .rolledBack(let service, let detail):
            self.init(
                code: .storeRolledBack,
                message:
                    "the \(service) store is older than what others have seen of it: \(detail)",
                reason: "A copy was put back, or its last transactions are lost. Nothing was "
                    + "delivered or changed.",
                help: (service == ServiceName.history
                    ? "make it anew with 'tram history rebuild', or " : "")
                    + "go on from it with 'tram store accept \(service)' and then "
                    + "'tram relay redeliver --to \(service)', or put all stores back with "
                    + "'tram store restore DIR'")
        case .tooNew(let path, let version, let supported):
            self.init(
                code: .storeTooNew, message: "\(path) was written by a newer tram",
                reason: "Its version is \(version), and this tram knows versions up to "
                    + "\(supported). Nothing was changed.",
                help: "use the newer tram")
        case .notWritable(let path, let detail):
            self.init(
                code: .storeReadOnly, message: "\(path) cannot be opened or written: \(detail)",
                reason: "Nothing was changed.",
                help: "check the permissions of the directory and its files")
        case .full(let path):
            self.init(
                code: .diskFull, message: "no space is left for \(path)",
                reason: "The transaction in hand was undone; earlier ones stand.",
                help: "free some space and try again")
        case .busy(let path, let waited):
            self.init(
                code: .storeBusy,
                message: "\(path) was locked for more than \(waited.milliseconds) ms",
                reason: "Nothing was changed.",
                help: "try again, or wait longer: --lock-timeout 30s")
        case .inUse(let path, let waited):
            self.init(
                code: .storeBusy,
                message:
                    "\(path) was open in another process for more than \(waited.milliseconds) ms",
                reason: "It must be nobody else's while it is brought up to date or replaced. "
                    + "Nothing was changed.",
                help: "end the other process, for example a server or 'tram relay run --watch'")
        case .inputOutput(let path, let detail, let atCommit):
            self.init(
                code: .inputOutput, message: "reading or writing \(path) failed: \(detail)",
                reason: atCommit
                    ? "Committed transactions stand; whether the last one does is not certain."
                    : "Committed transactions stand; one in hand was undone.",
                help: "check the disk, then 'tram store check'")
        case .unexpectedRow(let detail):
            self.init(
                code: .storeDamaged, message: "a row does not hold what it should: \(detail)",
                reason: "Nothing was changed.", help: "look for more: tram store check")
        case .transactionEnded, .undone, .transactionOver, .nested, .insideAnother, .forbidden,
            .constraint,
            .failed:
            self.init(bug: "\(error)")
        }
    }

    private init(_ error: DataDirectoryError) {
        switch error {
        case .noStore(let path):
            self.init(
                code: .noStore, message: "there is no store in \(path)",
                help: "make one: tram customer create --name \"Jane Doe\" --credit-limit 5")
        case .halfRestored(let path):
            self.init(
                code: .storeDamaged, message: "the stores in \(path) are only partly restored",
                reason: "The process that restored them was ended. Nothing was changed.",
                help: "restore them again: tram store restore DIR")
        case .damaged(let path):
            self.init(
                code: .storeDamaged, message: "\(path) does not hold a number",
                reason: "Nothing was changed.",
                help: "if the store files beside it are intact, write 1 into it")
        case .tooNew(let path, let format, let supported):
            self.init(
                code: .storeTooNew, message: "\(path) was written by a newer tram",
                reason: "Its form is \(format), and this tram knows forms up to \(supported). "
                    + "Nothing was changed.",
                help: "use the newer tram")
        case .notWritable(let path, let detail):
            self.init(
                code: .storeReadOnly, message: "\(path) cannot be written: \(detail)",
                reason: "Nothing was changed.",
                help: "check its permissions, or use another directory: --data-dir DIR")
        case .notReadable(let path, let detail):
            self.init(
                code: .inputOutput, message: "\(path) cannot be read: \(detail)",
                reason: "Nothing was changed.", help: "check its permissions")
        case .full(let path):
            self.init(StoreError.full(path: path))
        case .inputOutput(let path, let detail):
            self.init(
                code: .inputOutput, message: "reading or writing \(path) failed: \(detail)",
                reason: "Nothing was changed.",
                help: "try again; if it stays, check the disk, and the limits: ulimit -a")
        case .beingCreated(let path, let waited):
            self.init(
                code: .storeBusy,
                message: "another process was making \(path) for more than \(waited) ms",
                reason: "Nothing was changed.",
                help: "try again, or wait longer: --lock-timeout 30s")
        }
    }

    private init(_ error: OrderError) {
        switch error {
        case .notFound(let id):
            self.init(
                code: .orderNotFound, message: "order \(id) does not exist",
                help: "see all orders: tram order list", field: "id", value: "\(id)")
        case .notCancellable(let id, let state):
            self.init(
                code: .orderNotCancellable,
                message: "order \(id) cannot be cancelled: it is \(state.rawValue)",
                reason: "Only an APPROVED order can be cancelled. Nothing was changed.",
                help: state == .pending
                    ? "wait until it is decided: tram relay run --until-idle"
                    : "see the order: tram order show \(id)",
                field: "id", value: "\(id)")
        }
    }

    private init(_ error: HistoryRebuildError) {
        switch error {
        case .incomplete(let service):
            self.init(
                code: .historyIncomplete,
                message: "the view cannot be rebuilt: the \(service) outbox has been purged",
                reason: "Its messages no longer tell the whole past. The view is as it was.",
                help: "make what the outboxes still tell: tram history rebuild --incomplete")
        }
    }

    private init(_ error: StoreCopyError) {
        switch error {
        case .notEmpty(let path):
            self.init(
                code: .directoryNotEmpty, message: "the directory \(path) is not empty",
                reason: "A backup goes into a directory of its own. Nothing was changed.",
                help: "give the name of a new directory", field: "directory", value: path)
        case .ofOtherSystem(let path):
            self.init(
                code: .storeForeign, message: "the stores in \(path) are of another system",
                reason: "Nothing was changed.",
                help: "restore them into a directory of their own: --data-dir DIR",
                field: "directory", value: path)
        case .sameDirectory(let path):
            self.init(
                code: .dataDirectory, message: "\(path) cannot be restored from itself",
                reason: "Nothing was changed.", help: "give the directory of a backup",
                field: "directory", value: path)
        }
    }

    private init(_ error: DeadLetterError) {
        switch error {
        case .notParked(let message, let subscriber):
            self.init(
                code: .notParked,
                message: "message \(message) is not parked"
                    + (subscriber.map { " at \($0)" } ?? ""),
                reason: "Nothing was changed.", help: "see all that is: tram deadletter list",
                field: "message-id", value: "\(message)")
        case .ambiguous(let message, let subscribers):
            self.init(
                code: .usage,
                message:
                    "message \(message) is parked at \(subscribers.joined(separator: " and "))",
                reason: "A payload is for one of them. Nothing was changed.",
                help: "say for which: --subscriber \(subscribers.first ?? "ID")")
        }
    }

    private init(unknownSubscriber id: String, field: String) {
        self.init(
            code: .subscriberNotFound, message: "there is no subscriber '\(id)'",
            reason: "Nothing was changed.",
            help: "choose one of: \(ServiceName.all.joined(separator: ", "))", field: field,
            value: id)
    }

    private init(_ error: SubscriberRemovalError) {
        switch error {
        case .isKnown(let id, let service):
            self.init(
                code: .subscriberInUse, message: "the subscriber '\(id)' is one of this program's",
                reason: "The \(service) service works with it. Nothing was changed.",
                help: "take it out of the program first; see who is known: tram subscriber list",
                field: "id", value: id)
        case .isFormerID(let id, let present):
            self.init(
                code: .subscriberInUse,
                message: "'\(id)' is what the subscriber '\(present)' was called before",
                reason: "What it has handled follows to the new id. Nothing was changed.",
                help: "let the next relay do that: tram relay run", field: "id", value: id)
        case .notFound(let id):
            self.init(
                code: .subscriberNotFound, message: "no store knows a subscriber '\(id)'",
                reason: "Nothing was changed.", help: "see all of them: tram subscriber list",
                field: "id", value: id)
        }
    }

    private init(_ error: RedeliveryError) {
        switch error {
        case .unknownSubscriber(let id): self.init(unknownSubscriber: id, field: "to")
        case .unknownSource(let name):
            self.init(
                code: .serviceNotFound, message: "there is no service '\(name)'",
                reason: "Nothing was changed.",
                help: "choose one of: \(ServiceName.all.joined(separator: ", "))", field: "from",
                value: name)
        }
    }

    private init(_ error: SagaDecisionError) {
        let order = error.order
        var code = Problem.Code.notStuck
        var help = "see the saga: tram saga show \(order)"
        let why: String
        switch error.reason {
        case .choreographed:
            code = .notPossible
            why = "it is choreographed, and no one leads it"
        case .ended(let state): why = "it is \(state)"
        case .abandoned: why = "it was abandoned"
        case .moved:
            why = "it has moved on meanwhile"
        case .standsElsewhere(let step): why = "it stands at '\(step)'"
        case .onItsWay(let message, let isParked):
            why = "\(message.id) \(message.type) is \(isParked ? "parked" : "on its way")"
            help =
                isParked
                ? "decide about the message: tram deadletter retry \(message.id)"
                : "let it come: tram relay run --until-idle"
        case .notCompensatable(let step):
            code = .notCompensatable
            why = "the step '\(step)' was done or may have been, and has no compensation"
            help =
                "send the command again, or give the saga up: 'tram saga resend \(order)' or "
                + "'tram saga abandon \(order)'"
        case .notPossible(let reason):
            code = .notPossible
            why = reason
        }
        var rule = "Nothing was changed."
        if error.decision == .retry, code == .notStuck || code == .notPossible {
            code = .sagaNotFailed
            rule = "Only a saga that has failed or is stuck can. Nothing was changed."
        }
        self.init(
            code: code, message: "\(error.what): \(why)",
            reason: rule, help: help, field: "id", value: "\(order)")
    }

    private init(_ error: IdempotencyKeyReused) {
        self.init(
            code: .idempotencyKeyReused,
            message: "the idempotency key '\(error.key)' stands for another request",
            reason: "A key names one request, and was given to a different one before. Nothing was "
                + "changed.",
            help: "give this request a key of its own", field: "idempotency-key",
            value: error.key.description)
    }

    private init(_ error: ViewProgressError) {
        switch error {
        case .messageNotFound(let id):
            self.init(
                code: .messageNotFound, message: "message \(id) does not exist",
                reason: "It was never sent, or it has been purged.",
                help: "see all messages: tram outbox list", field: "after",
                value: id.description)
        case .notReceived(let message):
            self.init(
                code: .notPossible,
                message: "the order history does not receive \(message.id) \(message.type)",
                reason: "It will never have handled that message.",
                help: "name a message that it receives; see the deliveries: "
                    + "tram outbox show \(message.id)",
                field: "after", value: message.id.description)
        case .discarded(let message):
            self.init(
                code: .notPossible,
                message: "the delivery of \(message.id) \(message.type) to the order history "
                    + "was discarded",
                reason: "It will never have handled that message.",
                help: "see the deliveries: tram outbox show \(message.id)", field: "after",
                value: message.id.description)
        }
    }

    private init(_ error: RelayIsBusy) {
        self.init(
            code: .relayBusy, message: "another relay was at work for more than \(error.waited) ms",
            reason: "Relays, purges and rebuilds exclude one another. Nothing was changed.",
            help: "end the other one, or wait longer: --lock-timeout 30s")
    }
}

extension SagaDecisionError {
    /// What cannot be done.
    fileprivate var what: String {
        switch decision {
        case .retry: "the saga of order \(order) cannot be taken up"
        case .resend: "the command of the saga of order \(order) cannot be sent again"
        case .skip: "the step of the saga of order \(order) cannot be skipped"
        case .rollback: "the saga of order \(order) cannot be rolled back"
        case .abandon: "the saga of order \(order) cannot be abandoned"
        }
    }
}

internal import Tram

// What is wrong with stores, their directory, or their copies.

extension Problem {
    init(_ error: StoreError, of application: any Application.Type) {
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
                help: application.adviceToRebuild(service)
                    + "put this system's own back with '\(command: "store restore DIR")'; from an "
                    + "older copy of it go on with '\(command: "store accept \(service)")' and "
                    + "'\(command: "relay redeliver --to \(service)")'")
        case .rolledBack(let service, let detail):
            self.init(
                code: .storeRolledBack,
                message:
                    "the \(service) store is older than what others have seen of it: \(detail)",
                reason: "A copy was put back, or its last transactions are lost. Nothing was "
                    + "delivered or changed.",
                help: application.adviceToRebuild(service)
                    + "go on from it with '\(command: "store accept \(service)")' and then "
                    + "'\(command: "relay redeliver --to \(service)")', or put all stores back with "
                    + "'\(command: "store restore DIR")'")
        case .tooNew(let path, let version, let supported):
            self.init(
                code: .storeTooNew, message: "\(path) was written by a newer \(application.name)",
                reason:
                    "Its version is \(version), and this \(application.name) knows versions up to "
                    + "\(supported). Nothing was changed.",
                help: "use the newer \(application.name)")
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
                reason: "No other process may have it open while it is migrated or replaced. "
                    + "Nothing was changed.",
                help:
                    "end the other process, for example a server or '\(command: "relay run --watch")'"
            )
        case .inputOutput(let path, let detail, let atCommit):
            self.init(
                code: .inputOutput, message: "reading or writing \(path) failed: \(detail)",
                reason: atCommit
                    ? "Committed transactions stand; whether the last one does is not certain."
                    : "Committed transactions stand; one in hand was undone.",
                help: "check the disk, then '\(command: "store check")'")
        case .unexpectedRow(let detail):
            self.init(
                code: .storeDamaged, message: "a row does not hold what it should: \(detail)",
                reason: "Nothing was changed.", help: "look for more: \(command: "store check")")
        case .transactionEnded, .undone, .transactionOver, .nested, .insideAnother, .forbidden,
            .constraint,
            .failed:
            self.init(bug: "\(error)", of: application)
        }
    }

    init(_ error: DataDirectoryError, of application: any Application.Type) {
        switch error {
        case .noStore(let path):
            self.init(
                code: .noStore, message: "there is no store in \(path)",
                help: "make one: \(command: application.firstCommand)")
        case .halfRestored(let path):
            self.init(
                code: .storeDamaged, message: "the stores in \(path) are only partly restored",
                reason: "The process that restored them was ended. Nothing was changed.",
                help: "restore them again: \(command: "store restore DIR")")
        case .damaged(let path):
            self.init(
                code: .storeDamaged, message: "\(path) does not hold a number",
                reason: "Nothing was changed.",
                help: "if the store files beside it are intact, write 1 into it")
        case .tooNew(let path, let format, let supported):
            self.init(
                code: .storeTooNew, message: "\(path) was written by a newer \(application.name)",
                reason:
                    "Its format is \(format), and this \(application.name) knows formats up to \(supported). "
                    + "Nothing was changed.",
                help: "use the newer \(application.name)")
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
            self.init(StoreError.full(path: path), of: application)
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

    init(_ error: StoreCopyError) {
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

    init(_ error: RelayIsBusy) {
        self.init(
            code: .relayBusy,
            message: "another relay was at work for more than "
                + "\(error.waited.milliseconds) ms",
            reason: "Only one relay, purge or rebuild can work at a time. Nothing was changed.",
            help: "end the other one, or wait longer: --lock-timeout 30s")
    }
}

extension Application {
    /// The first words of advice about a store that can be made anew; nothing about another one.
    fileprivate static func adviceToRebuild(_ service: String) -> Advice {
        guard let rebuilding = definitions.first(where: { $0.name == service })?.rebuilding else {
            return ""
        }
        return "rebuild it with '\(command: rebuilding.command)', or "
    }
}

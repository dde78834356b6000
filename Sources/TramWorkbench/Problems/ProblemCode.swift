extension Problem {
    /// The stable code of a problem: a script tells problems apart by it. What a command exits with and what
    /// an HTTP request is answered with hang on the code. An application has further ones of its own:
    ///
    /// ```swift
    /// extension Problem.Code {
    ///     static let orderNotFound = Problem.Code("order-not-found", .no, .notFound)
    /// }
    /// ```
    package struct Code: Hashable, Sendable {
        /// The code as it is read, in lower case with hyphens.
        package let rawValue: String
        /// What a command that ends with this problem exits with.
        package let exitStatus: ExitStatus
        /// What a request that meets this problem is answered with.
        package let httpStatus: HTTPStatus

        package init(_ rawValue: String, _ exitStatus: ExitStatus, _ httpStatus: HTTPStatus) {
            self.rawValue = rawValue
            self.exitStatus = exitStatus
            self.httpStatus = httpStatus
        }

        /// One by which a value is refused.
        private static func refused(_ rawValue: String) -> Code {
            Code(rawValue, .usage, .badRequest)
        }

        // What was typed or sent.
        package static let usage = refused("usage")
        package static let unknownCommand = refused("unknown-command")
        package static let invalidUTF8 = refused("invalid-utf8")
        package static let id = refused("invalid-id")
        package static let messageID = refused("invalid-message-id")
        package static let duration = refused("invalid-duration")
        package static let count = refused("invalid-count")
        package static let dataDirectory = refused("invalid-data-dir")
        package static let port = refused("invalid-port")
        package static let address = refused("invalid-address")
        package static let hostName = refused("invalid-host-name")
        package static let tokenFile = refused("invalid-token-file")
        package static let idempotencyKey = refused("invalid-idempotency-key")
        package static let schema = refused("invalid-schema")
        package static let sagaSelection = refused("invalid-where")
        package static let confirmation = refused("confirmation-needed")

        // What is not there, or not possible now.
        package static let messageNotFound = Code("message-not-found", .no, .notFound)
        package static let subscriberNotFound = Code("subscriber-not-found", .no, .notFound)
        package static let serviceNotFound = Code("service-not-found", .no, .notFound)
        package static let sagaNotFound = Code("saga-not-found", .no, .notFound)
        package static let sagaNotFailed = Code("saga-not-failed", .no, .conflict)
        package static let notStuck = Code("not-stuck", .no, .conflict)
        package static let notCompensatable = Code("not-compensatable", .no, .conflict)
        package static let sagaStranded = Code("saga-stranded", .damaged, .conflict)
        package static let subscriberInUse = Code("subscriber-in-use", .no, .conflict)
        package static let directoryNotEmpty = Code("directory-not-empty", .no, .conflict)
        package static let idempotencyKeyReused = Code(
            "idempotency-key-reused", .no, .unprocessableContent)
        package static let notPossible = Code("not-possible", .no, .conflict)
        package static let notParked = Code("not-parked", .no, .conflict)
        package static let editor = Code("editor-failed", .no, .internalServerError)

        // The stores.
        package static let noStore = Code("no-store", .noStore, .internalServerError)
        package static let storeDamaged = Code("store-damaged", .damaged, .internalServerError)
        package static let storeForeign = Code("store-foreign", .damaged, .internalServerError)
        package static let storeRolledBack = Code(
            "store-rolled-back", .damaged, .internalServerError)
        package static let storeTooNew = Code("store-too-new", .tooNew, .serviceUnavailable)
        package static let storeReadOnly = Code(
            "store-readonly", .notWritable, .internalServerError)
        package static let diskFull = Code("disk-full", .notWritable, .insufficientStorage)
        package static let inputOutput = Code("io-error", .inputOutput, .internalServerError)
        package static let storeBusy = Code("store-busy", .busy, .serviceUnavailable)
        package static let relayBusy = Code("relay-busy", .busy, .serviceUnavailable)

        // The program.
        package static let portInUse = Code("port-in-use", .unavailable, .internalServerError)
        package static let noServer = Code("no-server", .unavailable, .internalServerError)
        package static let bug = Code("internal-error", .bug, .internalServerError)

        // Those that only HTTP knows.
        package static let unknownPath = Code("not-found", .usage, .notFound)
        package static let methodNotAllowed = Code(
            "method-not-allowed", .usage, .methodNotAllowed)
        package static let json = refused("invalid-json")
        package static let body = refused("invalid-body")
        package static let query = refused("invalid-query")
        package static let notHandledYet = Code("not-handled-yet", .no, .serviceUnavailable)
        package static let mediaType = Code(
            "unsupported-media-type", .usage, .unsupportedMediaType)
        package static let bodyTooLarge = Code("body-too-large", .usage, .contentTooLarge)
        package static let wrongHost = Code("wrong-host", .usage, .misdirectedRequest)
        package static let foreignOrigin = Code("foreign-origin", .usage, .forbidden)
        package static let unauthorized = Code("unauthorized", .usage, .unauthorized)

        /// Those that the workbench has for every application.
        package static let common: [Code] = [
            usage, unknownCommand, invalidUTF8, id, messageID, duration, count, dataDirectory, port,
            address, hostName, tokenFile, idempotencyKey, schema, messageNotFound, sagaNotFailed,
            notStuck, notCompensatable, sagaStranded, sagaSelection, subscriberNotFound,
            subscriberInUse, serviceNotFound, directoryNotEmpty, idempotencyKeyReused, notPossible,
            confirmation, notParked, editor, noStore, storeDamaged, storeForeign, storeRolledBack,
            storeTooNew, storeReadOnly, diskFull, inputOutput, storeBusy, relayBusy, portInUse,
            noServer, bug, unknownPath, methodNotAllowed, json, body, query, notHandledYet,
            mediaType, bodyTooLarge, wrongHost, foreignOrigin, unauthorized, sagaNotFound,
        ]
    }
}

extension Problem {
    /// The stable code of a problem: a script tells problems apart by it. What a command exits with and what
    /// an HTTP request is answered with hang on the code. An application has further ones of its own:
    ///
    /// ```swift
    /// extension Problem.Code {
    ///     static let orderNotFound = Problem.Code("order-not-found", .no, .notFound)
    /// }
    /// ```
    public struct Code: Hashable, Sendable {
        /// The code as it is read, in lower case with hyphens.
        public let rawValue: String
        /// What a command that ends with this problem exits with.
        public let exitStatus: ExitStatus
        /// What a request that meets this problem is answered with.
        public let httpStatus: HTTPStatus

        /// A code of an application's own.
        ///
        /// - Parameters:
        ///   - rawValue: the code as it is read, in lower case with hyphens.
        ///   - exitStatus: what a command exits with.
        ///   - httpStatus: what a request is answered with.
        public init(_ rawValue: String, _ exitStatus: ExitStatus, _ httpStatus: HTTPStatus) {
            self.rawValue = rawValue
            self.exitStatus = exitStatus
            self.httpStatus = httpStatus
        }

        /// One by which a value is refused.
        private static func refused(_ rawValue: String) -> Code {
            Code(rawValue, .usage, .badRequest)
        }

        // What was typed or sent.
        /// The arguments contradict one another, or do not fit the command.
        public static let usage = refused("usage")
        /// There is no such command.
        public static let unknownCommand = refused("unknown-command")
        /// An argument, or a variable of the environment, is not UTF-8.
        public static let invalidUTF8 = refused("invalid-utf8")
        /// A value is empty, too long, or has control characters.
        public static let text = refused("invalid-text")
        /// A value is not a positive whole number.
        public static let id = refused("invalid-id")
        /// A value is not the id of a message, like `order:1`.
        public static let messageID = refused("invalid-message-id")
        /// A value is not a duration, like `500ms` or `7d`.
        public static let duration = refused("invalid-duration")
        /// A value is not a count.
        public static let count = refused("invalid-count")
        /// A value is not the path of a directory that can be used so.
        public static let dataDirectory = refused("invalid-data-dir")
        /// A value is not a port.
        public static let port = refused("invalid-port")
        /// A value is not an address of this machine.
        public static let address = refused("invalid-address")
        /// A value is not the name of a host.
        public static let hostName = refused("invalid-host-name")
        /// The file of the token cannot be read, or its token is too weak.
        public static let tokenFile = refused("invalid-token-file")
        /// A value is not an idempotency key, or a request takes none.
        public static let idempotencyKey = refused("invalid-idempotency-key")
        /// A document cannot be compared: it is not an AsyncAPI document of the known form.
        public static let schema = refused("invalid-schema")
        /// A value is not a choice of sagas, like `state=stuck`.
        public static let sagaSelection = refused("invalid-where")
        /// It was not confirmed, or there was nobody to ask.
        public static let confirmation = refused("confirmation-needed")

        // What is not there, or not possible now.
        /// A message was never sent, or it has been purged.
        public static let messageNotFound = Code("message-not-found", .no, .notFound)
        /// No subscriber has this id.
        public static let subscriberNotFound = Code("subscriber-not-found", .no, .notFound)
        /// No service has this name.
        public static let serviceNotFound = Code("service-not-found", .no, .notFound)
        /// There is no such saga, nor was there one.
        public static let sagaNotFound = Code("saga-not-found", .no, .notFound)
        /// A saga cannot be retried: it has neither failed nor is it stuck.
        public static let sagaNotFailed = Code("saga-not-failed", .no, .conflict)
        /// A saga is not stuck: what it waits for is on its way, or it has ended or moved.
        public static let notStuck = Code("not-stuck", .no, .conflict)
        /// A saga cannot be rolled back: a step was done that has no compensation.
        public static let notCompensatable = Code("not-compensatable", .no, .conflict)
        /// The program does not know what a saga goes on by: its definition, step or data.
        public static let sagaStranded = Code("saga-stranded", .damaged, .conflict)
        /// A subscriber cannot be forgotten: the program has it.
        public static let subscriberInUse = Code("subscriber-in-use", .no, .conflict)
        /// A copy cannot be made: there is something in its directory.
        public static let directoryNotEmpty = Code("directory-not-empty", .no, .conflict)
        /// An idempotency key was used before, for another request.
        public static let idempotencyKeyReused = Code(
            "idempotency-key-reused", .no, .unprocessableContent)
        /// It is not possible now; the message says why.
        public static let notPossible = Code("not-possible", .no, .conflict)
        /// A message is not parked.
        public static let notParked = Code("not-parked", .no, .conflict)
        /// The editor failed, or none is named.
        public static let editor = Code("editor-failed", .no, .internalServerError)

        // The stores.
        /// There are no stores in the directory.
        public static let noStore = Code("no-store", .noStore, .internalServerError)
        /// A store cannot be read, or is missing beside the others.
        public static let storeDamaged = Code("store-damaged", .damaged, .internalServerError)
        /// A file belongs to another program, service or system.
        public static let storeForeign = Code("store-foreign", .damaged, .internalServerError)
        /// A store is older than what other stores have seen of it.
        public static let storeRolledBack = Code(
            "store-rolled-back", .damaged, .internalServerError)
        /// A store was written by a newer program.
        public static let storeTooNew = Code("store-too-new", .tooNew, .serviceUnavailable)
        /// A store cannot be written; nothing was changed.
        public static let storeReadOnly = Code(
            "store-readonly", .notWritable, .internalServerError)
        /// There is no room for what was to be written.
        public static let diskFull = Code("disk-full", .notWritable, .insufficientStorage)
        /// Reading or writing failed.
        public static let inputOutput = Code("io-error", .inputOutput, .internalServerError)
        /// Another process had a store locked for longer than was to be waited.
        public static let storeBusy = Code("store-busy", .busy, .serviceUnavailable)
        /// Another relay, purge or rebuild was at work for longer than was to be waited.
        public static let relayBusy = Code("relay-busy", .busy, .serviceUnavailable)

        // The program.
        /// A port is taken.
        public static let portInUse = Code("port-in-use", .unavailable, .internalServerError)
        /// The server is not installed, or was built without what it needs.
        public static let noServer = Code("no-server", .unavailable, .internalServerError)
        /// Something happened that never should: the program is at fault.
        public static let bug = Code("internal-error", .bug, .internalServerError)

        // Those that only HTTP knows.
        /// There is nothing at this path.
        public static let unknownPath = Code("not-found", .usage, .notFound)
        /// The path does not allow this method.
        public static let methodNotAllowed = Code(
            "method-not-allowed", .usage, .methodNotAllowed)
        /// A text is not JSON.
        public static let json = refused("invalid-json")
        /// The body of a request is not the object that was expected.
        public static let body = refused("invalid-body")
        /// A parameter of the query is unknown or not good.
        public static let query = refused("invalid-query")
        /// What was waited for has not happened in time.
        public static let notHandledYet = Code("not-handled-yet", .no, .serviceUnavailable)
        /// The body is of another type than JSON.
        public static let mediaType = Code(
            "unsupported-media-type", .usage, .unsupportedMediaType)
        /// The body has too many bytes.
        public static let bodyTooLarge = Code("body-too-large", .usage, .contentTooLarge)
        /// The request is for a host that the server does not answer for.
        public static let wrongHost = Code("wrong-host", .usage, .misdirectedRequest)
        /// The request was sent by another site's page.
        public static let foreignOrigin = Code("foreign-origin", .usage, .forbidden)
        /// The request does not carry the token.
        public static let unauthorized = Code("unauthorized", .usage, .unauthorized)

        /// Those that the workbench has for every application.
        public static let common: [Code] = [
            usage, unknownCommand, invalidUTF8, text, id, messageID, duration, count, dataDirectory,
            port,
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

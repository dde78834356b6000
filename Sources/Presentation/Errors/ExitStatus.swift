/// The exit codes, most of them those of sysexits(3).
package enum ExitStatus: Int32 {
    case done = 0
    /// The answer is no: not found, refused by a rule, a delivery failed, a check violated.
    case no = 1
    /// A bound was reached, or work remains.
    case bound = 2
    /// Wrong usage or value.
    case usage = 64
    /// A store is damaged.
    case damaged = 65
    /// There is no store.
    case noStore = 66
    /// A part of the program is not installed, or a port is taken.
    case unavailable = 69
    /// A bug in tram.
    case bug = 70
    /// The store cannot be written; nothing changed.
    case notWritable = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// Another process holds a lock.
    case busy = 75
    /// The store was written by a newer tram.
    case tooNew = 78
}

extension Problem.Code {
    /// What a command that ends with this problem exits with.
    package var exitStatus: ExitStatus {
        switch self {
        case .usage, .unknownCommand, .invalidUTF8, .amount, .name, .id, .messageID, .duration,
            .count, .dataDirectory, .port, .address, .hostName, .tokenFile, .unknownPath,
            .methodNotAllowed, .json, .body, .query, .mediaType, .bodyTooLarge, .wrongHost,
            .foreignOrigin, .unauthorized, .confirmation, .idempotencyKey, .schema, .sagaSelection:
            .usage
        case .customerNotFound, .orderNotFound, .messageNotFound, .notInViewYet,
            .orderNotCancellable, .sagaNotFailed, .notStuck, .notCompensatable, .historyIncomplete,
            .subscriberNotFound, .subscriberInUse, .serviceNotFound, .directoryNotEmpty, .notParked,
            .editor, .idempotencyKeyReused,
            .notPossible,
            .notHandledYet:
            .no
        case .noStore: .noStore
        case .storeDamaged, .storeForeign, .storeRolledBack, .sagaStranded: .damaged
        case .storeTooNew: .tooNew
        case .storeReadOnly, .diskFull: .notWritable
        case .inputOutput: .inputOutput
        case .storeBusy, .relayBusy: .busy
        case .portInUse, .noServer: .unavailable
        case .bug: .bug
        }
    }
}

/// A participant: receives the commands of a channel, and answers each.
///
/// ```swift
/// CommandHandlers("customer", on: "customerService", [
///     .on(ReserveCredit.self) { command, transaction in
///         guard … else { throw CustomerCreditLimitExceeded(…) }
///         …
///         return .success(CustomerCreditReserved(…), "reserved 4.00")
///     }
/// ])
/// ```
///
/// The inbox row, the handler's writes and the reply are one transaction.
public struct CommandHandlers: StashingSubscriber {
    public let id: String
    public let formerIDs: [String]
    private let channel: CommandChannel
    private let handlers: [String: CommandHandler]
    public let wiring: Wiring

    /// Handlers of the commands on one channel.
    ///
    /// - Parameters:
    ///   - id: the id under which the inbox remembers the commands that were handled.
    ///   - formerIDs: what the subscriber was called before: see ``Subscriber/formerIDs``.
    public init(
        _ id: String, on channel: CommandChannel, formerly formerIDs: [String] = [],
        _ handlers: [CommandHandler]
    ) {
        self.id = id
        self.formerIDs = formerIDs
        self.channel = channel
        var mistakes: [WiringError] = []
        var byName: [String: CommandHandler] = [:]
        for handler in handlers {
            for name in handler.names where byName.updateValue(handler, forKey: name) != nil {
                mistakes.append(.handlerTwice(type: name, subscriber: id))
            }
        }
        self.handlers = byName
        wiring = Wiring(
            commandChannels: [channel.name], mistakes: mistakes,
            formerNames: handlers.flatMap { handler in
                handler.formerNames.map {
                    FormerName(
                        channel: channel.name, type: handler.commandType, formerly: $0)
                }
            })
    }

    /// Every command of the channel: one without a handler is a failed delivery, and not lost.
    public func accepts(type: String, from channel: String) -> Bool {
        channel == self.channel.name
    }

    public func handle(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        if message.type == SagaUnlock.commandType { return try unlock(message, transaction) }
        guard let handler = handlers[message.type] else {
            throw WireFormatError("\(id) has no handler for the command \(message.type)")
        }
        guard let origin = SagaCommandOrigin(of: message) else {
            return try execute(message, with: handler, transaction)
        }
        let locks = SagaLocks(transaction)
        let taken = try locks.takeOut(undoneBy: origin, on: message.destination)
        if let first = taken.first, !first.isRepeated {
            return try answerNothingToUndo(message, taken, transaction)
        }
        // A saga's commands stay in their order, also while one of them waits for a lock.
        if let target = try locks.targetAwaited(ahead: origin, on: message.destination) {
            try locks.stash(message, origin, until: target, isBehind: true)
            return .stashed("an earlier command of \(origin.saga) waits for \(target)")
        }
        return try execute(message, with: handler, transaction)
            .adding(taken.map { "\($0.type) \($0.message) is not handled any more" })
    }

    /// Answers a compensation whose action was never handled here, since every command for it was
    /// stashed.
    private func answerNothingToUndo(
        _ message: Message, _ taken: [SagaLocks.TakenOut], _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        try transaction.reply(Done(), to: ReplyToken(message))
        return .handled(
            taken.map {
                "there was nothing to undo: \($0.type) \($0.message) had not been handled, "
                    + ($0.isGivenBack ? "it had failed" : "it waited for \($0.target)")
            })
    }

    /// Claims what the command must have for itself, if anything, then runs its handler.
    private func execute(
        _ message: Message, with handler: CommandHandler, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        guard let target = try handler.lockTarget(message) else {
            return try answer(message, with: handler, lockedTarget: nil, transaction)
        }
        guard let origin = SagaCommandOrigin(of: message) else {
            throw WireFormatError("only a saga's command can lock \(target)")
        }
        let owner = origin.saga
        let locks = SagaLocks(transaction)
        switch try locks.claim(target, for: owner) {
        case .refused(let other):
            let refusal = try handler.whenLocked.refusal(of: target, lockedBy: other) {
                try locks.waitingCount(for: target, on: message.destination)
            }
            if let refusal {
                try transaction.reply(refusal.reply, to: ReplyToken(message))
                return .refused(refusal.effects)
            }
            try locks.stash(message, origin, until: target)
            return .stashed("\(target) is locked by \(other)")
        case .claimed:
            let outcome = try answer(message, with: handler, lockedTarget: target, transaction)
            if message.headers[MessageHeader.commandReplyTo] == nil {
                // No reply can tell the saga of the lock, so it would never free it.
                _ = try locks.release(target, of: owner)
                return outcome
            }
            guard case .refused(let effects) = outcome else { return outcome }
            // Refused, the saga has nothing here to protect, and will not unlock it either.
            let isFreed = try locks.release(target, of: owner)
            return .refused(effects + (isFreed ? ["unlocked \(target)"] : []))
        case .alreadyHeld:
            return try answer(message, with: handler, lockedTarget: target, transaction)
        }
    }

    private func answer(
        _ message: Message, with handler: CommandHandler, lockedTarget: String?,
        _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        var token = ReplyToken(message)
        do {
            // Whoever answers later tells of the lock as well.
            var locking = token
            locking.headers[MessageHeader.sagaLockedTarget] = lockedTarget
            let result = try transaction.savepoint {
                try handler.handle(message, locking, transaction)
            }
            token = locking
            if result.reply is any FailureReply {
                throw WireFormatError("the handler returned a failure reply instead of throwing it")
            }
            if let reply = result.reply { try transaction.reply(reply, to: token) }
            return .handled(result.effects)
        } catch let refusal as Refusal {
            try transaction.reply(refusal.reply, to: token)
            return .refused(refusal.effects)
        } catch let reply as any FailureReply {
            try transaction.reply(reply, to: token)
            return .refused([type(of: reply).replyType])
        }
    }

    private func unlock(
        _ message: Message, _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        guard let owner = SagaReference(of: message) else {
            throw WireFormatError("the command to unlock names no saga")
        }
        guard let target = message.headers[MessageHeader.commandResource] else {
            let targets = try SagaLocks(transaction).releaseAll(of: owner)
            return targets.isEmpty
                ? .ignored("nothing is locked by \(owner)")
                : .handled(targets.map { "unlocked \($0)" })
        }
        return try SagaLocks(transaction).release(target, of: owner)
            ? .handled("unlocked \(target)") : .ignored("\(target) is not locked by \(owner)")
    }

    // MARK: Stashed commands

    public func resume(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome? {
        let locks = SagaLocks(transaction)
        guard let stashed = try locks.stashed(message.id) else { return nil }
        if try !stashed.isGivenBack && locks.mustWait(stashed) { return nil }
        guard let handler = handlers[message.type] else {
            throw WireFormatError("\(id) has no handler for the command \(message.type)")
        }
        let outcome = try execute(message, with: handler, transaction)
        if case .stashed = outcome { return outcome }
        try locks.unstash(message.id)
        return outcome
    }

    public func nextToResume(
        after message: Message, in transaction: any Transaction
    ) throws -> Message? {
        guard let saga = SagaReference(of: message) else { return nil }
        let locks = SagaLocks(transaction)
        if let next = try locks.nextToResume(of: saga, on: channel.name) { return next }
        let isUnlock = message.type == SagaUnlock.commandType
        if isUnlock, message.headers[MessageHeader.commandResource] == nil {
            return try locks.nextToResume(on: channel.name)
        }
        let target =
            isUnlock
            ? message.headers[MessageHeader.commandResource]
            // It may be a duplicate that was changed since.
            : (try? handlers[message.type]?.lockTarget(message)) ?? nil
        return try target.flatMap { try locks.nextToResume(waitingFor: $0, on: channel.name) }
    }

    public func giveBack(_ message: MessageID, in transaction: any Transaction) throws {
        try SagaLocks(transaction).giveBack(message)
    }

    public func givenBack(in transaction: any Transaction) throws -> [MessageID] {
        try SagaLocks(transaction).givenBack(on: channel.name)
    }

    public func drop(_ message: MessageID, in transaction: any Transaction) throws {
        try SagaLocks(transaction).drop(message)
    }
}

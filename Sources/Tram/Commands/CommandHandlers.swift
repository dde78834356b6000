/// A participant: the subscriber that receives the commands of a channel and answers each.
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
/// The inbox row, the handler's writes and the reply are committed in one transaction, so a command
/// that is delivered twice has one effect and one reply, whenever a process dies.
///
/// A channel has one participant, and a participant one channel. Its handlers may lock for their
/// saga what must not change until the saga ends (``CommandHandler/on(_:locking:whenLocked:_:)``).
/// Commands of other sagas that need the same lock are then stashed or refused: see
/// ``LockConflict``. A stashed command counts as handled at its sender and is kept in this
/// service's store; it is resumed in the transaction that frees the lock.
///
/// After `SagaCommandDispatcher` of Eventuate Tram Sagas, with its lock and stash tables.
public struct CommandHandlers: StashingSubscriber {
    public let id: String
    public let formerIDs: [String]
    private let channel: CommandChannel
    /// By every name under which a command may come, former ones included.
    private let handlers: [String: CommandHandler]
    public let wiring: Wiring

    /// A participant with these handlers.
    ///
    /// A mistake in them (two handlers for one name) does not trap here: it is reported as a
    /// ``WiringError`` when a ``Service`` is made of the participant.
    ///
    /// - Parameters:
    ///   - id: the id under which the inbox remembers the commands that were handled. It must not
    ///     change while messages live, unless `formerIDs` names the old one.
    ///   - channel: the channel whose commands it receives, all of them.
    ///   - formerIDs: what the subscriber was called before: see ``Subscriber/formerIDs``.
    ///   - handlers: one for each type of command.
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

    /// Whether the message comes on this participant's channel, whatever its type.
    ///
    /// A command without a handler is therefore a failed delivery, which an operator sees, and not
    /// lost.
    public func accepts(type: String, from channel: String) -> Bool {
        channel == self.channel.name
    }

    /// Handles a command of this channel: runs its handler and sends the reply, or stashes it.
    ///
    /// A command of a saga goes through three gates. A compensation first takes its step's own
    /// command out of the stash, and may have nothing to undo. Then a command waits behind an
    /// earlier one of its saga that is stashed on this channel. Then it takes its lock. A command
    /// that no saga sent goes straight to its handler.
    ///
    /// - Throws: ``WireFormatError`` when there is no handler or the payload does not fit; what the
    ///   handler throws, except refusals. The delivery has then failed.
    public func handle(
        _ message: Message, in transaction: any Transaction
    ) throws -> HandlerOutcome {
        // The order of these checks matters: first what ends waiting, then what must wait, then the
        // work.
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
        // The commands of one saga are handled in their order, also while one of them waits for a
        // lock.
        if let target = try locks.targetAwaited(ahead: origin, on: message.destination) {
            try locks.stash(message, origin, until: target, isBehind: true)
            return .stashed("an earlier command of \(origin.saga) waits for \(target)")
        }
        return try execute(message, with: handler, transaction)
            .adding(taken.map { "\($0.type) \($0.message) is not handled any more" })
    }

    /// Answers a compensation whose action was never handled here, because every command for it was
    /// still in the stash.
    ///
    /// It holds only if none of them is a repetition: of a step that is tried again, an earlier
    /// command may have been handled, and then there is something to undo.
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

    /// Takes the lock that the command needs, if any, then runs its handler.
    ///
    /// A lock that this command took and does not need afterwards is released here: that of a
    /// notification, since no reply tells its saga that there is one to release, and that of a
    /// refused command, since its effects are undone. One that the saga had before stays.
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
                // A notification has no reply that could tell its saga of the lock, so nobody would
                // release it.
                _ = try locks.release(target, of: owner)
                return outcome
            }
            guard case .refused(let effects) = outcome else { return outcome }
            // The saga has nothing to protect here after a refusal, and its end will not unlock it
            // either.
            let isFreed = try locks.release(target, of: owner)
            return .refused(effects + (isFreed ? ["unlocked \(target)"] : []))
        case .alreadyHeld:
            return try answer(message, with: handler, lockedTarget: target, transaction)
        }
    }

    /// Runs the handler in a savepoint and sends its reply, or its refusal.
    ///
    /// The savepoint undoes what a refusing handler has written, while the reply is sent in the
    /// same transaction. The reply to a refusal does not name the lock: the saga need not unlock
    /// it.
    private func answer(
        _ message: Message, with handler: CommandHandler, lockedTarget: String?,
        _ transaction: any Transaction
    ) throws -> HandlerOutcome {
        var token = ReplyToken(message)
        do {
            // A token that the handler keeps must name the lock too, for the reply that comes
            // later.
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

    /// Handles a saga's command to unlock: one target if it names one, otherwise all that the saga
    /// holds on this service. A lock that is not held any more is no error, since the command may
    /// have been repeated.
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

    /// Goes on with a stashed command.
    ///
    /// - Returns: nil when it is not in the stash any more or still has to wait: then the message
    ///   is a duplicate. ``HandlerOutcome/stashed(_:)`` when it has to wait for another lock than
    ///   before: its row stays.
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

    /// The next stashed command that can go on after `message` was handled, oldest first.
    ///
    /// Candidates are looked for where `message` can have made room: first among the commands of
    /// its own saga, then among those that wait for the lock that it has freed, or for any lock on
    /// this channel when it was an unlocking of everything.
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
            // The message may be a duplicate that was changed since, whose payload cannot be
            // decoded.
            : (try? handlers[message.type]?.lockTarget(message)) ?? nil
        return try target.flatMap { try locks.nextToResume(waitingFor: $0, on: channel.name) }
    }

    /// Leaves a stashed command that could not be resumed to its outbox, which delivers it again.
    public func giveBack(_ message: MessageID, in transaction: any Transaction) throws {
        try SagaLocks(transaction).giveBack(message)
    }

    /// The stashed commands that were left to their outboxes, in the order in which they came.
    public func givenBack(in transaction: any Transaction) throws -> [MessageID] {
        try SagaLocks(transaction).givenBack(on: channel.name)
    }

    /// Forgets a stashed command that an operator has discarded at its sender.
    public func drop(_ message: MessageID, in transaction: any Transaction) throws {
        try SagaLocks(transaction).drop(message)
    }
}

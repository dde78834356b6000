/// One command's handler.
public struct CommandHandler: Sendable {
    let commandType: String
    /// The names that the command had, each once; its present one where it had another form.
    let formerNames: [String]
    let handle: @Sendable (Message, ReplyToken, any Transaction) throws -> CommandResult
    let lockTarget: @Sendable (Message) throws -> String?
    let whenLocked: LockConflict

    /// All names under which messages come to it. One that is there twice has two meanings.
    var names: [String] { [commandType] + formerNames.filter { $0 != commandType } }

    /// Calls `handler` for each command of this type.
    ///
    /// A compensation that comes while its own step's command is stashed takes that one out. The
    /// handler is then not called, since there is nothing to undo, and the saga gets ``Done``.
    ///
    /// - Parameters:
    ///   - locking: names what the command's saga must have for itself until it ends, for example
    ///     `Customer/1`. The handlers of one channel share their locks; those of two channels must not
    ///     name the same one. A notification has it only while it is handled.
    ///   - whenLocked: what becomes of the command when another saga has that.
    public static func on<Request: Command>(
        _ type: Request.Type, locking target: (@Sendable (Request) -> String)? = nil,
        whenLocked: LockConflict = .stash,
        _ handler:
            @escaping @Sendable (CommandEnvelope<Request>, any Transaction) throws -> CommandResult
    ) -> CommandHandler {
        on(type, forms: [], target, whenLocked, handler)
    }

    /// Calls `handler` for each command of this type, also for those that were sent when it had another
    /// name or form:
    ///
    /// ```swift
    /// .on(ReserveCredit.self, formerly: "ReserveCreditLimit") { command, transaction in … }
    /// ```
    ///
    /// Commands stay in outboxes and stashes as they were sent. A sender that runs an older program goes
    /// on to send the old name.
    ///
    /// - Parameters:
    ///   - form: a name, or a form, that the command had before.
    ///   - more: further ones.
    ///   - locking: as for commands of the present name.
    ///   - whenLocked: likewise.
    public static func on<Request: Command>(
        _ type: Request.Type, formerly form: FormerMessage<Request>,
        _ more: FormerMessage<Request>..., locking target: (@Sendable (Request) -> String)? = nil,
        whenLocked: LockConflict = .stash,
        handler:
            @escaping @Sendable (CommandEnvelope<Request>, any Transaction) throws -> CommandResult
    ) -> CommandHandler {
        on(type, forms: [form] + more, target, whenLocked, handler)
    }

    /// Calls `handler` for each command of this type, also for those that had another form, and perhaps
    /// another name:
    ///
    /// ```swift
    /// .on(ReserveCredit.self, formerly: "ReserveCreditLimit", upcasting: { (old: ReserveCreditLimit) in
    ///     ReserveCredit(customerId: old.customer, orderTotal: old.limit)
    /// }) { command, transaction in … }
    /// ```
    ///
    /// - Parameters:
    ///   - name: the name that it had; nil when only its form was another.
    ///   - upcast: makes the present command of the old one.
    ///   - locking: as for commands of the present form.
    ///   - whenLocked: likewise.
    public static func on<Request: Command, Old: Decodable & SendableMetatype>(
        _ type: Request.Type, formerly name: String? = nil,
        upcasting upcast: @escaping @Sendable (Old) throws -> Request,
        locking target: (@Sendable (Request) -> String)? = nil,
        whenLocked: LockConflict = .stash,
        handler:
            @escaping @Sendable (CommandEnvelope<Request>, any Transaction) throws -> CommandResult
    ) -> CommandHandler {
        on(type, forms: [.form(name, upcast)], target, whenLocked, handler)
    }

    private static func on<Request: Command>(
        _ type: Request.Type, forms: [FormerMessage<Request>],
        _ target: (@Sendable (Request) -> String)?, _ whenLocked: LockConflict,
        _ handler:
            @escaping @Sendable (CommandEnvelope<Request>, any Transaction) throws -> CommandResult
    ) -> CommandHandler {
        let reader = MessageReader(Request.commandType, formerly: forms)
        return CommandHandler(
            commandType: Request.commandType, formerNames: reader.formerNames,
            handle: { message, token, transaction in
                let command = try reader.content(of: message)
                return try handler(
                    CommandEnvelope(message, command: command, replyToken: token), transaction)
            },
            lockTarget: { message in try target?(reader.content(of: message)) },
            whenLocked: whenLocked)
    }
}

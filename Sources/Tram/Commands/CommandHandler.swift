/// The handler of one type of command, for a ``CommandHandlers``.
///
/// Make it with one of the `on` functions. A handler runs inside the transaction of its delivery.
/// It may be run again for the same command after a crash or an error, because then nothing of the
/// first run was committed. Effects outside of the store (a mail, an HTTP request) are not undone
/// and must be idempotent.
public struct CommandHandler: Sendable {
    /// The present name on the wire: see ``Command/commandType``.
    let commandType: String
    /// The former names under which the command is read, each once. The present name is among them
    /// when the command has had another form under it.
    let formerNames: [String]
    /// Decodes the message and calls the application's handler.
    let handle: @Sendable (Message, ReplyToken, any Transaction) throws -> CommandResult
    /// Names the lock that a command needs; nil when it needs none. It decodes the message, so it
    /// throws when the payload is not valid.
    let lockTarget: @Sendable (Message) throws -> String?
    /// What to do while another saga holds that lock.
    let whenLocked: LockConflict

    /// All names under which messages reach this handler. A name that occurs twice has two
    /// meanings, which ``CommandHandlers`` reports as
    /// ``WiringError/handlerTwice(type:subscriber:)``.
    var names: [String] { [commandType] + formerNames.filter { $0 != commandType } }

    /// Calls `handler` for each command of this type.
    ///
    /// ```swift
    /// .on(ReserveCredit.self, locking: { "Customer/\($0.customerId)" }) { command, transaction in
    ///     try Customers(transaction).reserve(command.orderTotal, of: command.customerId)
    ///     return .success(CustomerCreditReserved(), "reserved \(command.orderTotal)")
    /// }
    /// ```
    ///
    /// `handler` returns the reply, or throws a ``FailureReply`` or a ``Refusal`` to refuse. Any
    /// other error makes the delivery fail.
    ///
    /// A compensation that arrives while its own step's command is stashed takes that command out
    /// of the stash. `handler` is then not called, since there is nothing to undo, and the saga
    /// gets ``Done``.
    ///
    /// - Parameters:
    ///   - type: the command.
    ///   - target: names what the command's saga needs for itself until it ends, for example
    ///     `Customer/1`: a semantic lock. The handlers of one channel share their locks; those of
    ///     two channels must not use the same name. A notification holds its lock only while it is
    ///     handled. Nil when the command locks nothing. A command that no saga sent cannot lock:
    ///     its delivery fails.
    ///   - whenLocked: what to do with the command while another saga holds that lock.
    ///   - handler: does what the command asks for, in the transaction of the delivery.
    public static func on<Request: Command>(
        _ type: Request.Type, locking target: (@Sendable (Request) -> String)? = nil,
        whenLocked: LockConflict = .stash,
        _ handler:
            @escaping @Sendable (CommandEnvelope<Request>, any Transaction) throws -> CommandResult
    ) -> CommandHandler {
        on(type, forms: [], target, whenLocked, handler)
    }

    /// Calls `handler` for each command of this type, also for those that were sent when it had
    /// another name or form:
    ///
    /// ```swift
    /// .on(ReserveCredit.self, formerly: "ReserveCreditLimit") { command, transaction in … }
    /// ```
    ///
    /// Commands stay in outboxes and stashes as they were sent, and a sender that runs an older
    /// program goes on to send the old name. Keep a former name until no store can hold a message
    /// that bears it.
    ///
    /// - Parameters:
    ///   - type: the command in its present form.
    ///   - form: a name, or a form, that the command had before.
    ///   - more: further ones.
    ///   - target: names the lock, as for commands of the present name. It is given the command in
    ///     its present form.
    ///   - whenLocked: what to do with the command while another saga holds that lock.
    ///   - handler: is given the command in its present form.
    public static func on<Request: Command>(
        _ type: Request.Type, formerly form: FormerMessage<Request>,
        _ more: FormerMessage<Request>..., locking target: (@Sendable (Request) -> String)? = nil,
        whenLocked: LockConflict = .stash,
        handler:
            @escaping @Sendable (CommandEnvelope<Request>, any Transaction) throws -> CommandResult
    ) -> CommandHandler {
        on(type, forms: [form] + more, target, whenLocked, handler)
    }

    /// Calls `handler` for each command of this type, also for those that had another form, and
    /// perhaps another name:
    ///
    /// ```swift
    /// .on(ReserveCredit.self, formerly: "ReserveCreditLimit",
    ///     upcasting: { (old: ReserveCreditLimit) in
    ///         ReserveCredit(customerId: old.customer, orderTotal: old.limit)
    ///     }
    /// ) { command, transaction in … }
    /// ```
    ///
    /// It is short for a single ``FormerMessage/form(_:_:)``. Where there are several former forms,
    /// pass each as a ``FormerMessage``.
    ///
    /// - Parameters:
    ///   - type: the command in its present form.
    ///   - name: the name that it had; nil when only its form was another.
    ///   - upcast: converts the former form to the present one. When it throws, the delivery fails.
    ///   - target: names the lock, as for commands of the present form.
    ///   - whenLocked: what to do with the command while another saga holds that lock.
    ///   - handler: is given the command in its present form.
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

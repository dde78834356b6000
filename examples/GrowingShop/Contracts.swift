import Tram

// What the services say to one another. A command, once sent, may be read by a later program.

extension CommandChannel {
    static let payments: CommandChannel = "payments"
    static let shipping: CommandChannel = "shipping"
}

struct Charge: Command {
    static let commandType = "Charge"
    let order: Int
    let cents: Int
}

struct Refund: Command {
    static let commandType = "Refund"
    let order: Int
}

/// The gateway cannot take a payment now; later it may.
struct GatewayBusy: FailureReply {
    static let replyType = "GatewayBusy"
}

struct Ship: Command {
    static let commandType = "Ship"
    let order: Int
    let customer: String
}

/// Only the second version of the shop sends it.
struct CheckFraud: Command {
    static let commandType = "CheckFraud"
    let customer: String
}

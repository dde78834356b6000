import TestSupport

/// A customer with a credit limit, and orchestrated orders of 4. They have no messages delivered.
func orchestratedWorkbench(orders: Int, creditLimit: String = "50") throws -> Workshop {
    let workbench = try Workshop()
    try workbench.succeed("customer", "create", "--name", "x", "--credit-limit", creditLimit)
    for _ in 0..<orders {
        try workbench.succeed(
            "order", "create", "--customer-id", "1", "--order-total", "4", "--saga",
            "orchestration")
    }
    return workbench
}

/// A customer and orchestrated orders whose commands were discarded, so that their sagas are stuck.
func stuckWorkbench(orders: Int) throws -> Workshop {
    let workbench = try orchestratedWorkbench(orders: orders)
    try tamper(
        with: workbench.data + "/order.db",
        "UPDATE message SET payload = '{}' WHERE type = 'ReserveCredit'")
    _ = try workbench.run("relay", "run", "--max-attempts", "1", "--until-idle")
    try workbench.discardAll()
    return workbench
}

extension Workshop {
    /// Lets the replies be lost that the customers' outbox holds: they are spoiled, parked and discarded.
    func loseReplies() throws {
        try tamper(
            with: data + "/customer.db",
            "UPDATE message SET payload = '{}' WHERE destination = 'CreateOrderSaga-reply'")
        _ = try run("relay", "run", "--max-attempts", "1")
        try discardAll()
    }

    /// Gives up all that is parked, and delivers what has waited for it.
    fileprivate func discardAll() throws {
        try succeed("deadletter", "discard", "--all", "--yes")
        _ = try run("relay", "run", "--until-idle")
    }
}

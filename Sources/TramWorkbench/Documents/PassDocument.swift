package import Tram

/// What a pass of the relay is told as in JSON, in three parts, so that nothing of it need be kept: an
/// opening, the deliveries with commas between them, and a closing.
package enum PassDocument {
    package static func opening(_ number: Int, messages: Int) -> String {
        "{\"pass\":\(number),\"messages\":\(messages),\"deliveries\":["
    }

    /// - Parameter expired: what was done because of deadlines; told only if there is any.
    package static func closing(_ summary: PassSummary, expired: [String]) -> String {
        closing(
            duplicates: summary.duplicates, failed: summary.failed, pending: summary.pending,
            isIdle: summary.isIdle, unavailable: summary.unavailable, parked: summary.parked,
            expired: expired)
    }

    /// - Parameters:
    ///   - pending: nil when it is not known, because an error has ended the pass.
    ///   - parked: the same.
    package static func closing(
        duplicates: Int, failed: Int, pending: Int?, isIdle: Bool, unavailable: [String],
        parked: Int?, expired: [String] = []
    ) -> String {
        var members = [
            JSON.Member("duplicates", .integer(duplicates)),
            JSON.Member("failed", .integer(failed)),
            JSON.Member("pending", pending.map(JSON.integer) ?? .null),
            JSON.Member("idle", .bool(isIdle)),
            JSON.Member("unavailable", .strings(unavailable)),
            JSON.Member("parked", parked.map(JSON.integer) ?? .null),
        ]
        if !expired.isEmpty { members.append(JSON.Member("expired", .strings(expired))) }
        return "]," + JSON.object(members).text.dropFirst()
    }
}

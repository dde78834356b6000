package import Tram

/// What a check of an application's stores has found.
package struct SystemCheck: Sendable {
    /// The rules that were checked, in the application's order.
    package var results: [RuleResult] = []
    /// The rules that were not checked.
    package var skipped: [SkippedRule] = []
    /// The deliveries that have failed so far, as far as they are named.
    package var failed: [FailedDelivery] = []
    /// The parked deliveries, as far as they are named.
    package var parked: [DeadLetter] = []

    /// How many violations there are of all rules together.
    package var violations: Int { results.reduce(0) { $0 + $1.violations.count } }
}

/// A rule that was checked, and where the stores do not obey it.
package struct RuleResult: Hashable, Sendable {
    /// The rule in words.
    package let rule: String
    /// One sentence each; empty when the rule holds.
    package let violations: [String]
    /// What is not as the rule says, and follows from what is known to be lost or was decided. One sentence
    /// each.
    package let consequences: [String]

    package init(rule: String, findings: [Finding]) {
        self.rule = rule
        violations = findings.filter { !$0.isConsequence }.map(\.text)
        consequences = findings.filter(\.isConsequence).map(\.text)
    }
}

/// A rule that could not be checked, and why.
package struct SkippedRule: Hashable, Sendable {
    package let rule: String
    package let reason: String
}

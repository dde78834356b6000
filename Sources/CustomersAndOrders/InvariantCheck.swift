package import Tram

/// A rule that the stores must obey, and where they do not.
package struct InvariantCheck: Hashable, Sendable {
    /// The rule in words.
    package let rule: String
    /// One sentence each; empty when the rule holds.
    package let violations: [String]
    /// What is not as the rule says, and follows from what is known to be lost. One sentence each.
    package let consequences: [String]

    package init(rule: String, violations: [String], consequences: [String] = []) {
        self.rule = rule
        self.violations = violations
        self.consequences = consequences
    }

    init(rule: String, findings: [Finding]) {
        self.init(
            rule: rule, violations: findings.filter { !$0.isConsequence }.map(\.text),
            consequences: findings.filter(\.isConsequence).map(\.text))
    }
}

/// Something that is not as a rule says.
struct Finding {
    let text: String
    /// Whether it follows from what is known to be lost.
    let isConsequence: Bool

    init(_ text: String, isConsequence: Bool = false) {
        self.text = text
        self.isConsequence = isConsequence
    }
}

/// All that a check of the stores has found.
package struct SystemCheck: Sendable {
    package var checks: [InvariantCheck] = []
    /// The rules that were not checked.
    package var skipped: [SkippedRule] = []
    /// The messages that could not be delivered so far.
    package var failed: [FailedDelivery] = []
    /// Those that are parked, as far as they are named.
    package var parked: [DeadLetter] = []

    package var violations: Int { checks.reduce(0) { $0 + $1.violations.count } }
}

/// A rule that could not be checked, and why.
package struct SkippedRule: Hashable, Sendable {
    package let rule: String
    package let reason: String
}

internal import Tram
internal import TramWorkbench

/// What a check of the stores has found, a line for each rule.
struct CheckReport: Document {
    let check: SystemCheck

    func text(_ style: Style) -> String {
        let rules = check.results.flatMap { lines(of: $0, style) }
        let skipped = check.skipped.map {
            style.notable("skipped") + "   \($0.rule): \($0.reason)"
        }
        let failed = check.failed.map {
            style.notable("failed") + "    \($0.message.id) \(escaped($0.message.type)) -> "
                + "\($0.subscriber ?? "-"), \(counted($0.failure.attempts, "attempt")): "
                + escaped($0.failure.error)
        }
        let parked = check.parked.map {
            style.notable("parked") + "    \($0.message.id) \(escaped($0.message.type)) -> "
                + "\($0.subscriber ?? "-"), \(counted($0.attempts, "attempt")): "
                + escaped($0.error)
        }
        let end =
            "\(counted(check.results.count, "rule")) checked, "
            + "\(counted(check.violations, "violation")) found."
        return (rules + skipped + failed + parked + [end]).joined(separator: "\n") + "\n"
    }

    private func lines(of result: RuleResult, _ style: Style) -> [String] {
        let word =
            result.violations.isEmpty
            ? style.good("ok") + "        " : style.bad("violated") + "  "
        return [word + result.rule]
            + result.violations.map { "          - \(escaped($0))" }
            + result.consequences.map { "          (lost) \(escaped($0))" }
    }

    /// The exit code tells.
    var quietText: String? { "" }

    var json: JSON { check.json }
}

package import Tram
internal import TramSQLite

extension Workbench {
    /// How many failed and parked deliveries are named.
    private static let deliveriesNamed = 100

    /// Checks the files and what they say together, at one instant, beside whatever else is at work.
    /// What damaged files say is not looked at, and what needs a store that cannot be used is skipped.
    package func check(_ availability: Availability = Availability()) throws -> SystemCheck {
        let available = try stores.all.filter { store in
            try availability.attempt(store) { _ in try store.openForReading() } != nil
        }
        return try ConsistentView.read(available) { views in
            var result = SystemCheck()
            result.results = try views.map { view in
                RuleResult(
                    rule: "the file \(view.storeName).db is sound",
                    findings: try damage(in: view).map { Finding($0) })
            }
            guard result.violations == 0 else {
                result.skipped.append(
                    SkippedRule(
                        rule: "all rules about what the stores say",
                        reason: "a file is not sound"))
                return result
            }
            for view in views {
                result.failed += try Outbox(view).failedDeliveries(limit: Self.deliveriesNamed)
            }
            result.parked = try relay.deadLetters(in: views, limit: Self.deliveriesNamed)
            let away = stores.names.filter { !availability.includes($0) }
            try RuleCheck(Views(views, of: application), away: away).run(&result)
            return result
        }
    }

    /// Reads all stores as they are at one instant, beside whatever else is at work.
    package func read<Result>(_ body: (Views) throws -> Result) throws -> Result {
        try ConsistentView.read(stores.all) { try body(Views($0, of: application)) }
    }

    /// Checks what the stores say together, and nothing else, at one instant.
    package func checkTogether() throws -> SystemCheck {
        try read { views in
            var result = SystemCheck()
            try RuleCheck(views, away: []).runTogether(&result)
            return result
        }
    }

    private func damage(in view: any Transaction) throws -> [String] {
        do {
            return try fileDamage(in: view)
        } catch StoreError.damaged(_, let detail) {
            return [detail]
        }
    }
}

/// One run of an application's rules on its stores at one instant.
private struct RuleCheck {
    private let views: Views
    private let rules: [Rule]
    /// The stores that cannot be read.
    private let away: [String]

    private static let allTogether = "all rules about what the services say together"

    init(_ views: Views, away: [String]) {
        self.views = views
        self.away = away
        rules = views.application.rules(views)
    }

    /// Checks the rules in their order. Those about all stores together share their fate: what one of them
    /// cannot read, none of them can trust.
    func run(_ result: inout SystemCheck) throws {
        let together = rules.filter(\.isAboutAllTogether)
        var isTold = together.isEmpty
        for rule in rules {
            if rule.isAboutAllTogether {
                if !isTold { try runTogether(&result) }
                isTold = true
            } else if let search = search(of: rule) {
                do {
                    result.results.append(
                        RuleResult(rule: rule.words, findings: try Views.findings(search)))
                } catch let store as StoreIsAway {
                    result.skipped.append(
                        SkippedRule(rule: rule.words, reason: "\(store.name) cannot be read"))
                }
            }
        }
    }

    /// Checks the rules about all stores together.
    func runTogether(_ result: inout SystemCheck) throws {
        guard views.isWhole else {
            return result.skipped.append(
                SkippedRule(
                    rule: Self.allTogether,
                    reason: "\(away.joined(separator: " and ")) cannot be read"))
        }
        do {
            let (results, skipped) = try resultsTogether()
            result.results += results
            result.skipped += skipped
        } catch {
            guard let detail = Views.unreadableRow(error) else { throw error }
            result.results.append(
                RuleResult(rule: "every row holds what it should", findings: [Finding(detail)]))
            result.skipped.append(
                SkippedRule(rule: Self.allTogether, reason: "a row cannot be read"))
        }
    }

    private func resultsTogether() throws -> (results: [RuleResult], skipped: [SkippedRule]) {
        var results: [RuleResult] = []
        var skipped: [SkippedRule] = []
        // Every row is read, also those of which no rule speaks now.
        _ = try views.sagas()
        _ = try views.losses()
        let unrest = try views.unrest()
        for rule in rules {
            switch rule.scope {
            case .always(let search):
                results.append(RuleResult(rule: rule.words, findings: try search()))
            case .atRest(let search):
                if let unrest {
                    skipped.append(SkippedRule(rule: rule.words, reason: unrest))
                } else {
                    results.append(RuleResult(rule: rule.words, findings: try search()))
                }
            case .readable, .store: break
            }
        }
        return (results, skipped)
    }

    /// How to check a rule that is not about all stores together; nil when its store cannot be read.
    private func search(of rule: Rule) -> Rule.Search? {
        switch rule.scope {
        case .always, .atRest: return nil
        case .readable(let search): return views.all.isEmpty ? nil : search
        case .store(let name, let search):
            guard let view = views.all.first(where: { $0.storeName == name }) else { return nil }
            return { try search(view) }
        }
    }
}

extension Rule {
    fileprivate var isAboutAllTogether: Bool {
        switch scope {
        case .always, .atRest: true
        case .readable, .store: false
        }
    }
}

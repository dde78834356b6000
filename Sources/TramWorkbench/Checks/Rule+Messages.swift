internal import Platform
internal import Tram

// What holds of the messages of any application.

extension Rule {
    /// A message is published when every subscriber has handled it, not before.
    public static func publishedWhenHandled(_ views: Views) -> Rule {
        .always("a message is published when every subscriber has handled it, not before") {
            let facts = try views.messages()
            let losses = try views.losses()
            let services = views.application.relay.services
            let missed = try MissedMessages(of: services, in: views.all)
            return facts.messages.filter(\.isPublished).flatMap { message in
                services.flatMap { service in
                    service.subscribers.filter { subscriber in
                        subscriber.accepts(type: message.type, from: message.channel)
                            // What a former id has handled follows with the next relay.
                            && !([subscriber.id] + subscriber.formerIDs).contains {
                                facts.hasHandled(message.id, $0)
                            }
                            && !missed.include(message.id, for: subscriber.id)
                            && !missed.precede(message.id, for: subscriber.id)
                    }.map {
                        Finding(
                            "\(message.id) is published, and \($0.id) has not handled it",
                            isConsequence: losses.excuse(
                                message.id, notHandledBy: $0.id, in: service.name))
                    }
                }
            }
        }
    }

    /// Every handled message was sent.
    public static func handledWasSent(_ views: Views) -> Rule {
        .always("every handled message was sent") {
            let facts = try views.messages()
            let losses = try views.losses()
            let services = Set(views.all.map(\.storeName))
            let known = Set(facts.messages.map(\.id))
            let highest = Dictionary(grouping: known, by: \.service).mapValues {
                $0.map(\.number).max() ?? 0
            }
            return facts.handled.sorted { $0.key < $1.key }.flatMap { subscriber, ids in
                ids.sorted().compactMap { text in
                    let name = "\(subscriber) has handled \(text), which was never sent"
                    guard let id = MessageID(text), services.contains(id.service) else {
                        return Finding(name)
                    }
                    if losses.isLost(id.number, of: "message", in: id.service) {
                        return known.contains(id)
                            ? nil
                            : Finding(
                                "\(subscriber) has handled \(text), which is lost",
                                isConsequence: true)
                    }
                    let last = max(
                        highest[id.service, default: 0], facts.purged[id.service, default: 0])
                    return id.number > last ? Finding(name) : nil
                }
            }
        }
    }

    /// Every message is as it was sent: its digest fits, and what an operator has edited can be read.
    public static func messagesAreAsSent(_ views: Views) -> Rule {
        .eachStore("every message is as it was sent", of: views) { view in
            let losses = try views.readableLosses()
            return try changedMessages(in: view).map { message, defect in
                Finding(
                    "\(message): \(defect)", isConsequence: losses.isKnownToOperators(message))
            } + RowAudit(view: view).unreadableEdits().map { Finding($0) }
        }
    }

    /// The messages that were changed after they were sent, and how that is known.
    private static func changedMessages(
        in view: any Transaction
    ) throws -> [(message: MessageID, defect: String)] {
        var changed: [(message: MessageID, defect: String)] = []
        var after = 0
        while true {
            let page = try Outbox(view).messages(after: after, limit: pageSize)
            guard let last = page.last else { return changed }
            changed += page.compactMap { entry in
                entry.message.defect.map { (entry.message.id, $0) }
            }
            after = last.message.id.number
        }
    }

    /// What was handled is what was sent: no inbox knows a message with another digest than its outbox, and
    /// every subscriber that an inbox knows is the program's.
    public static func handledIsAsSent(_ views: Views) -> Rule {
        .readable("what was handled is what was sent") {
            try Views.findings {
                try InboxAudit(views).faults().map { Finding($0) }
            }
        }
    }
}

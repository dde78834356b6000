/// What breaks when a program is replaced by another one, while its messages are still in outboxes and
/// some of its services still run: by the two programs' AsyncAPI documents.
///
/// - Messages that the old program has sent are read by the new handlers.
/// - Messages that the new program sends are read by services that still run the old one.
package struct SchemaChanges {
    /// Something that breaks, and for whom.
    package struct Break: Hashable, Sendable {
        /// The message's type.
        package let message: String
        package let channel: String
        /// `event`, `command` or `reply`.
        package let kind: String
        /// The service that is hit.
        package let hit: String
        /// Whether it is hit when it runs the new program; else while it still runs the old one.
        package let isNewReader: Bool
        /// What has changed, as a stable word.
        package let change: String
        /// The place in the payload; nil when the whole message is concerned.
        package let key: String?
        /// One sentence.
        package let text: String
    }

    /// In the order of the old document's messages, then of the new one's.
    package let breaks: [Break]

    /// Compares two documents.
    ///
    /// - Throws: ``SchemaDocumentError`` when one of them has an unknown form.
    package init(from old: JSON, to new: JSON) throws(SchemaDocumentError) {
        let old = try DescribedMessages(old)
        let new = try DescribedMessages(new)
        breaks =
            old.messages.flatMap { Self.breaks(ofSent: $0, old, new) }
            + old.messages.flatMap { Self.breaks(ofChanged: $0, old, new) }
            + new.messages.flatMap { Self.breaks(ofNew: $0, old) }
    }

    // MARK: Messages of the old program, read by the new one

    private static func breaks(
        ofSent message: DescribedMessages.Described, _ old: DescribedMessages,
        _ new: DescribedMessages
    ) -> [Break] {
        let compatibility = SchemaCompatibility(written: old, read: new)
        let present = new.message(message.type, on: message.channel)
        return message.receivers.union(present?.receivers ?? []).sorted().flatMap {
            service -> [Break] in
            let events = new.events(
                formerly: message.type, on: message.channel, readBy: service)
            // It says how it reads them.
            if events.contains(message.type) { return [] }
            if let present, present.receivers.contains(service) {
                return compatibility.misfits(message.payload, present.payload).map {
                    hit(
                        service, isNewReader: true, message, $0.change.rawValue, $0.path,
                        "the new \(service) cannot read what was sent before: \($0.text)")
                }
                    + missingHeaders(compatibility, message.headers, present.headers).map {
                        hit(
                            service, isNewReader: true, message, "header-missing", $0.path,
                            "the new \(service) cannot read what was sent before: the header "
                                + "'\($0.path)' \($0.detail)")
                    }
            }
            // What it makes of the old form is its own affair.
            if !events.isEmpty { return [] }
            // Who only listens may stop; a command must have its receiver.
            let isWanted =
                present == nil || message.kind != "event" && present?.receivers.isEmpty ?? true
            return isWanted
                ? [
                    hit(
                        service, isNewReader: true, message, "not-received", nil,
                        "the new \(service) does not receive what was sent before")
                ] : []
        }
    }

    // MARK: Messages of the new program, read by the old one

    /// What an old receiver waits for, and does not get any more as it was.
    private static func breaks(
        ofChanged message: DescribedMessages.Described, _ old: DescribedMessages,
        _ new: DescribedMessages
    ) -> [Break] {
        guard let present = new.message(message.type, on: message.channel) else {
            return message.receivers.subtracting(message.senders).sorted().map {
                hit(
                    $0, isNewReader: false, message, "not-sent", nil,
                    "the old \($0) waits for it, and it is not sent any more")
            }
        }
        let compatibility = SchemaCompatibility(written: new, read: old)
        let payload = compatibility.misfits(present.payload, message.payload)
        let headers = missingHeaders(compatibility, present.headers, message.headers)
        // A service does not run as two programs at once.
        return message.receivers.subtracting(present.senders).sorted().flatMap { service in
            payload.map {
                hit(
                    service, isNewReader: false, message, $0.change.rawValue, $0.path,
                    "the old \(service) cannot read what is sent now: \($0.text)")
            }
                + headers.map {
                    hit(
                        service, isNewReader: false, message, "header-missing", $0.path,
                        "the old \(service) cannot read what is sent now: the header "
                            + "'\($0.path)' \($0.detail)")
                }
        }
    }

    /// A new command, or a new reply, comes to a receiver that does not know it: unlike an event that
    /// nobody has heard of, that is a failed delivery.
    private static func breaks(
        ofNew message: DescribedMessages.Described, _ old: DescribedMessages
    ) -> [Break] {
        guard message.kind != "event", old.message(message.type, on: message.channel) == nil
        else { return [] }
        return old.receivers(on: message.channel).subtracting(message.senders).sorted().map {
            hit(
                $0, isNewReader: false, message, "not-known", nil,
                "the old \($0) does not know it")
        }
    }

    /// The headers that a reader counts on and a message may not have. Senders may add others.
    private static func missingHeaders(
        _ compatibility: SchemaCompatibility, _ writing: JSON, _ reading: JSON
    ) -> [SchemaCompatibility.Misfit] {
        compatibility.misfits(writing, reading).filter { $0.change == .keyMissing }
    }

    private static func hit(
        _ service: String, isNewReader: Bool, _ message: DescribedMessages.Described,
        _ change: String, _ key: String?, _ text: String
    ) -> Break {
        Break(
            message: message.type, channel: message.channel, kind: message.kind, hit: service,
            isNewReader: isNewReader, change: change, key: key, text: text)
    }
}

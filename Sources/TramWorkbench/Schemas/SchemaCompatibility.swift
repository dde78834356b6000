/// Whether what one program writes can be read by another, by JSON Schemas: the reader ignores keys that
/// it does not know, and must have those that it requires.
struct SchemaCompatibility {
    /// The document of the program that writes.
    let written: DescribedMessages
    /// The document of the program that reads.
    let read: DescribedMessages

    /// Why a value may not be read.
    struct Misfit: Hashable {
        /// The place in the payload: `orderDetails.orderTotal`.
        var path: String
        let change: Change
        /// What is wrong, for a sentence that names the place.
        let detail: String

        /// A sentence that names the place.
        var text: String { path.isEmpty ? "the payload \(detail)" : "'\(path)' \(detail)" }

        /// The same inside the value of a key.
        func inside(_ key: String) -> Misfit {
            var misfit = self
            misfit.path = path.isEmpty ? key : "\(key).\(path)"
            return misfit
        }
    }

    enum Change: String {
        case keyMissing = "key-missing"
        case typeChanged = "type-changed"
        case valueUnknown = "value-unknown"
        case rangeChanged = "range-changed"
    }

    /// All misfits of a value that is written by one schema and read by another.
    func misfits(_ writing: JSON, _ reading: JSON) -> [Misfit] {
        var known = KnownMisfits()
        return misfits(writing, reading, &known)
    }

    /// The same, and each pair of schemas is compared once, however many keys refer to it.
    func misfits(_ writing: JSON, _ reading: JSON, _ known: inout KnownMisfits) -> [Misfit] {
        let pair = KnownMisfits.Pair(
            written: written.resolved(writing), read: read.resolved(reading))
        return known.misfits(of: pair) { known in
            let read = alternatives(pair.read, read)
            return alternatives(pair.written, written).flatMap { written -> [Misfit] in
                let tries = read.map { misfits(ofOne: written, $0, &known) }
                // Of several forms that might be read, the nearest one tells what is wrong.
                return tries.min { $0.count < $1.count } ?? []
            }
        }
    }

    /// The forms that a value may have: those of `oneOf`, `anyOf`, and a list of types.
    private func alternatives(_ schema: JSON, _ document: DescribedMessages) -> [JSON] {
        var seen: Set<String> = []
        return alternatives(schema, document, &seen)
    }

    /// - Parameter seen: the references that were followed: one that comes again, perhaps in a circle, adds
    ///   nothing.
    private func alternatives(
        _ schema: JSON, _ document: DescribedMessages, _ seen: inout Set<String>
    ) -> [JSON] {
        if let forms = schema["oneOf"]?.elements ?? schema["anyOf"]?.elements {
            return forms.flatMap { form -> [JSON] in
                if let reference = form["$ref"]?.textValue, !seen.insert(reference).inserted {
                    return []
                }
                return alternatives(document.resolved(form), document, &seen)
            }
        }
        guard let types = schema["type"]?.elements else { return [schema] }
        let rest = (schema.members ?? []).filter { $0.key != "type" }
        return types.map { .object([JSON.Member("type", $0)] + rest) }
    }

    private func misfits(
        ofOne writing: JSON, _ reading: JSON, _ known: inout KnownMisfits
    ) -> [Misfit] {
        func misfit(_ change: Change, _ detail: String) -> [Misfit] {
            [Misfit(path: "", change: change, detail: detail)]
        }
        if let readable = reading["enum"]?.elements {
            guard let values = writing["enum"]?.elements else {
                return misfit(.typeChanged, "may be any value, and only some are known")
            }
            let unknown = values.filter { !readable.contains($0) }.map(\.text)
            return unknown.isEmpty
                ? []
                : misfit(
                    .valueUnknown,
                    "may be \(unknown.joined(separator: " or ")), which is not known")
        }
        if let type = reading["type"]?.textValue {
            let own = writing["type"]?.textValue ?? typeOfValues(writing)
            guard let own else { return misfit(.typeChanged, "may be anything, not only \(type)") }
            if own != type && !(own == "integer" && type == "number") {
                return misfit(.typeChanged, "is \(article(own)), not \(article(type))")
            }
        }
        return rangeMisfits(writing, reading, misfit) + keyMisfits(writing, reading, &known)
            + itemMisfits(writing, reading, &known)
    }

    private func typeOfValues(_ schema: JSON) -> String? {
        guard let values = schema["enum"]?.elements, !values.isEmpty,
            values.allSatisfy({ $0.textValue != nil })
        else { return nil }
        return "string"
    }

    private func article(_ type: String) -> String {
        switch type {
        case "integer", "object", "array": "an \(type)"
        case "null": "null"
        default: "a \(type)"
        }
    }

    private func rangeMisfits(
        _ writing: JSON, _ reading: JSON, _ misfit: (Change, String) -> [Misfit]
    ) -> [Misfit] {
        func number(_ schema: JSON, _ key: String) -> Double? {
            schema[key].flatMap { Double($0.text) }
        }
        var misfits: [Misfit] = []
        for (key, isLower) in [("minimum", true), ("maximum", false)] {
            guard let bound = number(reading, key), let text = reading[key]?.text else { continue }
            let own = number(writing, key)
            let fits = own.map { isLower ? $0 >= bound : $0 <= bound } ?? false
            if !fits {
                misfits += misfit(
                    .rangeChanged, "may be \(isLower ? "less" : "more") than \(text)")
            }
        }
        if let pattern = reading["pattern"], writing["pattern"] != pattern {
            misfits += misfit(.rangeChanged, "may not match \(pattern.text)")
        }
        return misfits
    }

    private func keyMisfits(
        _ writing: JSON, _ reading: JSON, _ known: inout KnownMisfits
    ) -> [Misfit] {
        let required = (reading["required"]?.elements ?? []).compactMap(\.textValue)
        let always = Set((writing["required"]?.elements ?? []).compactMap(\.textValue))
        let missing = required.filter { !always.contains($0) }.map { key in
            Misfit(
                path: key, change: .keyMissing,
                detail: writing["properties"]?[key] == nil ? "is missing" : "may be missing")
        }
        return missing
            + (reading["properties"]?.members ?? []).flatMap { member -> [Misfit] in
                guard let own = writing["properties"]?[member.key] else { return [] }
                return misfits(own, member.value, &known).map { $0.inside(member.key) }
            }
    }

    private func itemMisfits(
        _ writing: JSON, _ reading: JSON, _ known: inout KnownMisfits
    ) -> [Misfit] {
        guard let items = reading["items"] else { return [] }
        return misfits(writing["items"] ?? .object([]), items, &known).map { $0.inside("[]") }
    }
}

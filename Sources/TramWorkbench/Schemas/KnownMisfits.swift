/// What is known of pairs of schemas while two documents are compared. Without it, schemas that refer to
/// themselves from several keys would be compared along every path, of which there are exponentially
/// many.
///
/// A pair that is met inside its own comparison counts as fitting there: if it does not fit, the outer
/// comparison says so. What was found by that assumption is forgotten when it proves wrong (as in the
/// comparison of recursive types by Amadio and Cardelli, 1993).
struct KnownMisfits {
    typealias Misfit = SchemaCompatibility.Misfit

    /// Two schemas: what is written, and what is read.
    struct Pair: Hashable {
        let written: JSON
        let read: JSON
    }

    private struct Entry {
        let misfits: [Misfit]
        /// How deep the outermost comparison under way is whose outcome was assumed; `Int.max` when
        /// none was.
        let assumed: Int
    }

    /// As many are told of one pair at the most: a schema without cycles has exponentially many paths,
    /// too.
    static let limit = 100
    /// So deep are comparisons nested at the most.
    private static let depth = 200

    private var entries: [Pair: Entry] = [:]
    /// The pairs that are being compared, with their depths.
    private var underWay: [Pair: Int] = [:]
    /// The pairs whose entries rest on an assumption, in the order in which they were made.
    private var provisional: [Pair] = []
    /// The outermost assumption that the comparison under way has made.
    private var assumed = Int.max
    /// How often two schemas were compared.
    private(set) var comparisons = 0

    /// What is known of a pair, or else what `compare` finds.
    mutating func misfits(
        of pair: Pair, _ compare: (inout KnownMisfits) -> [Misfit]
    ) -> [Misfit] {
        if let entry = entries[pair] {
            assumed = min(assumed, entry.assumed)
            return entry.misfits
        }
        if let depth = underWay[pair] {
            assumed = min(assumed, depth)
            return []
        }
        let depth = underWay.count
        if depth >= Self.depth {
            assumed = 0
            return []
        }
        let (outer, before) = (assumed, provisional.count)
        assumed = .max
        underWay[pair] = depth
        comparisons += 1
        let misfits = Array(compare(&self).prefix(Self.limit))
        underWay[pair] = nil
        let rests = assumed < depth
        entries[pair] = Entry(misfits: misfits, assumed: rests ? assumed : .max)
        if rests {
            provisional.append(pair)
        } else {
            // All assumptions made since this comparison began are about it.
            for other in provisional[before...] {
                let known = entries.removeValue(forKey: other)
                if misfits.isEmpty, let known {
                    entries[other] = Entry(misfits: known.misfits, assumed: .max)
                }
            }
            provisional.removeSubrange(before...)
        }
        assumed = min(outer, rests ? assumed : .max)
        return misfits
    }
}

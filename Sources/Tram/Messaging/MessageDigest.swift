/// A digest of 64 bits over all that a message consists of except its number.
///
/// It serves two purposes: an outbox notices a row that was changed after it was sent, and an inbox
/// notices that two messages bear the same id because a store was put back. It protects against
/// accidents, not against attackers.
///
/// A multiplicative hash in the manner of FNV-1a (Fowler, Noll, Vo), over eight bytes at a time.
/// Each step is a bijection, so a change within one word of eight bytes always changes the digest;
/// any other change is missed in one case of 2⁶⁴. Stored digests depend on it: it must not change.
package struct MessageDigest {
    /// Begins with the offset basis of FNV-1a.
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The digest of nothing.
    package init() {}

    /// The digest of what was added so far, as the signed integer that a column holds.
    package var value: Int { Int(Int64(bitPattern: state)) }

    /// The digest of a message's row.
    ///
    /// - Parameters:
    ///   - headers: their JSON text exactly as the row holds it, not decoded and encoded again.
    ///   - created: when it was sent, in milliseconds since 1970.
    static func of(
        type: String, destination: String, partitionID: String, headers: String, payload: String,
        created: Int
    ) -> Int {
        var digest = MessageDigest()
        for text in [type, destination, partitionID, headers, payload] { digest.add(text) }
        digest.add(UInt64(bitPattern: Int64(created)))
        return digest.value
    }

    /// Adds a text: its UTF-8 bytes in words of eight, a last word that is padded with zeros, and
    /// its length in bytes.
    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            let whole = bytes.count & ~7
            for start in stride(from: 0, to: whole, by: 8) {
                let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
                add(UInt64(littleEndian: word))
            }
            var rest: UInt64 = 0
            for (shift, byte) in bytes[whole...].enumerated() {
                rest |= UInt64(byte) << (8 * UInt64(shift))
            }
            add(rest)
            // With the length, "ab" and "c" have another digest than "a" and "bc".
            add(UInt64(bytes.count))
        }
    }

    /// FNV's step, with the 64-bit FNV prime, and a shift that carries high bits down.
    private mutating func add(_ word: UInt64) {
        state = (state ^ word) &* 0x0000_0100_0000_01B3
        state ^= state >> 32
    }
}

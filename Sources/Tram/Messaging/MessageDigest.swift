/// A digest of 64 bits over all that a message consists of but its number, so that a change of the
/// stored row is noticed. It protects against accidents, not against attackers.
///
/// A multiplicative hash in the manner of FNV-1a (Fowler, Noll, Vo), over eight bytes at a time. Each
/// step is a bijection, so a change within eight bytes always changes the digest; any other does but
/// for one case in 2⁶⁴.
package struct MessageDigest {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The digest of nothing.
    package init() {}

    /// The digest of what was added, as a column holds it.
    package var value: Int { Int(Int64(bitPattern: state)) }

    /// The digest of a message's row.
    ///
    /// - Parameter headers: their JSON text, as the row holds it.
    static func of(
        type: String, destination: String, partitionID: String, headers: String, payload: String,
        created: Int
    ) -> Int {
        var digest = MessageDigest()
        for text in [type, destination, partitionID, headers, payload] { digest.add(text) }
        digest.add(UInt64(bitPattern: Int64(created)))
        return digest.value
    }

    /// Adds a text, with its length.
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
            // Two texts must not be taken for two others that are the same when they are joined.
            add(UInt64(bytes.count))
        }
    }

    private mutating func add(_ word: UInt64) {
        state = (state ^ word) &* 0x0000_0100_0000_01B3
        state ^= state >> 32
    }
}

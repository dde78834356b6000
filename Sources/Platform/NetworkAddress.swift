/// An address of the Internet Protocol, as it is written: `127.0.0.1` or `::1`. Two ways to write one
/// address are equal.
package struct NetworkAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    /// Nil when the text is no address.
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            // An address of version 4 may be written as one of version 6.
            let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
        } else {
            return nil
        }
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// Whether it stands for all addresses of a machine.
    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
}

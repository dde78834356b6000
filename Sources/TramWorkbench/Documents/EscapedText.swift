/// Text from outside, made safe to print: what could move the cursor, reorder the line or break it is
/// written as `\u{…}`.
public func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: \.isUnsafeToPrint) else { return text }
    var safe = ""
    for scalar in text.unicodeScalars {
        if scalar.isUnsafeToPrint {
            safe += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        } else {
            safe.unicodeScalars.append(scalar)
        }
    }
    return safe
}

extension Unicode.Scalar {
    /// Control characters, bidirectional controls, and line and paragraph separators.
    var isUnsafeToPrint: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

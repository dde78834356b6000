internal import Platform

/// Colors, where they are wanted.
public struct Style: Sendable {
    private let hasColor: Bool

    /// Text with colors, or without.
    public init(hasColor: Bool) {
        self.hasColor = hasColor
    }

    /// - Parameter descriptor: the stream that is written to: 1 is standard output, 2 standard error.
    public init(for descriptor: Int32, choice: ColorChoice) {
        hasColor =
            switch choice {
            case .always: true
            case .never: false
            case .auto:
                Terminal.isInteractive(descriptor)
                    && (Terminal.environment("NO_COLOR") ?? "").isEmpty
                    && Terminal.environment("TERM") != "dumb"
            }
    }

    /// Green: it is as it should be.
    public func good(_ text: String) -> String { colored(text, 32) }
    /// Red: something failed.
    public func bad(_ text: String) -> String { colored(text, 31) }
    /// Yellow: worth a look, and no fault.
    public func notable(_ text: String) -> String { colored(text, 33) }

    private func colored(_ text: String, _ code: Int) -> String {
        hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// When to use colors.
public enum ColorChoice: String, CaseIterable, Sendable {
    case auto, always, never
}

internal import Platform

/// Colors, where they are wanted.
package struct Style: Sendable {
    private let hasColor: Bool

    package init(hasColor: Bool) {
        self.hasColor = hasColor
    }

    /// - Parameter descriptor: the stream that is written to: 1 is standard output, 2 standard error.
    package init(for descriptor: Int32, choice: ColorChoice) {
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

    package func good(_ text: String) -> String { colored(text, 32) }
    package func bad(_ text: String) -> String { colored(text, 31) }
    package func notable(_ text: String) -> String { colored(text, 33) }

    private func colored(_ text: String, _ code: Int) -> String {
        hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// When to use colors.
package enum ColorChoice: String, CaseIterable, Sendable {
    case auto, always, never
}

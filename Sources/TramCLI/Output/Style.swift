internal import Platform

/// Colors, where they are wanted.
struct Style {
    private let hasColor: Bool

    init(hasColor: Bool) {
        self.hasColor = hasColor
    }

    /// - Parameter descriptor: the stream that is written to: 1 is standard output, 2 standard error.
    init(for descriptor: Int32, choice: ColorChoice) {
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

    func good(_ text: String) -> String { colored(text, 32) }
    func bad(_ text: String) -> String { colored(text, 31) }
    func notable(_ text: String) -> String { colored(text, 33) }

    private func colored(_ text: String, _ code: Int) -> String {
        hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

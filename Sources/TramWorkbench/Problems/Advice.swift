/// What a user can do next, in words that may name commands of the application. The commands are kept apart
/// from the words: whoever shows the advice adds the program's name, and the options by which the command
/// works on the same stores.
///
/// ```swift
/// let help: Advice = "see all of them: \(command: "deadletter list")"
/// help.text(for: CommandAddress(program: "trips"))  // see all of them: trips deadletter list
/// ```
///
/// What is done otherwise over HTTP has words for both: `\(shell: "…", http: "…")`.
public struct Advice: Hashable, Sendable, ExpressibleByStringInterpolation {
    private var parts: [Part]

    fileprivate enum Part: Hashable, Sendable {
        case words(String)
        case command(String)
        case either(shell: [Part], http: [Part])
    }

    public init(stringLiteral words: String) {
        parts = [.words(words)]
    }

    public init(stringInterpolation: StringInterpolation) {
        parts = stringInterpolation.parts
    }

    /// Advice that names no command.
    public init(_ words: String) {
        parts = [.words(words)]
    }

    /// The words as they are to be read, with whole commands.
    public func text(for address: CommandAddress) -> String {
        Self.text(of: parts, for: address)
    }

    private static func text(of parts: [Part], for address: CommandAddress) -> String {
        parts.map { part in
            switch part {
            case .words(let words): words
            case .command(let command): address.text(of: command)
            case .either(let shell, let http):
                text(of: address.isHTTP ? http : shell, for: address)
            }
        }.joined()
    }

    /// One piece of advice after another, without a space between.
    public static func + (left: Advice, right: Advice) -> Advice {
        var whole = left
        whole.parts += right.parts
        return whole
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ words: String) {
            if !words.isEmpty { parts.append(.words(words)) }
        }

        /// A value, as its description.
        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            parts.append(.words(value.description))
        }

        /// A command of the application, without its name: `order show 1`.
        public mutating func appendInterpolation(command: String) {
            parts.append(.command(command))
        }

        /// What is to be read in the shell, and what over HTTP.
        public mutating func appendInterpolation(shell: Advice, http: Advice) {
            parts.append(.either(shell: shell.parts, http: http.parts))
        }

        /// Other advice.
        public mutating func appendInterpolation(_ advice: Advice) {
            parts += advice.parts
        }
    }
}

/// How the application's commands are typed here: with the program's name, and with the options that a user
/// has given, so that they work on the same stores.
public struct CommandAddress: Sendable {
    private let program: String
    private let options: String
    /// Whether whoever reads the advice has sent an HTTP request.
    let isHTTP: Bool

    /// - Parameters:
    ///   - program: the program's name.
    ///   - options: what stands at the end of each command, as it is typed; for example
    ///     ` --data-dir other`.
    ///   - isHTTP: whether whoever reads the advice has sent an HTTP request.
    public init(program: String, options: String = "", isHTTP: Bool = false) {
        self.program = program
        self.options = options
        self.isHTTP = isHTTP
    }

    /// A command as it is typed.
    fileprivate func text(of command: String) -> String {
        let typed = command.isEmpty ? program : "\(program) \(command)"
        // Help is the same for all stores.
        return command.hasSuffix("--help") ? typed : typed + options
    }
}

internal import ArgumentParser
internal import Platform
internal import TramWorkbench

/// What must be known of the arguments before, or without, their being parsed.
struct Arguments {
    private let arguments: [String]
    private let root: any ParsableCommand.Type
    private let program: String
    private let dataDirectoryVariable: String

    /// - Parameters:
    ///   - root: the command with all others as its subcommands.
    ///   - program: its name.
    ///   - dataDirectoryVariable: the variable of the environment that may name a directory.
    init(
        _ arguments: [String], root: any ParsableCommand.Type, program: String,
        dataDirectoryVariable: String
    ) {
        self.arguments = arguments
        self.root = root
        self.program = program
        self.dataDirectoryVariable = dataDirectoryVariable
    }

    /// Refuses what the parser would repair or could not explain.
    func check() throws {
        if let position = Program.firstArgumentThatIsNotUTF8() {
            throw Problem(
                code: .invalidUTF8, message: "argument \(position) is not UTF-8",
                reason: "Nothing was changed.", help: "use a UTF-8 locale and terminal")
        }
        guard Terminal.isEnvironmentUTF8(dataDirectoryVariable) else {
            throw Problem(
                code: .invalidUTF8, message: "the value of \(dataDirectoryVariable) is not UTF-8",
                reason: "Nothing was changed.", help: "use a UTF-8 locale and terminal")
        }
        guard let unknown = walk.unknown else { return }
        let names = walk.command.configuration.subcommands.map(Self.name) + ["help"]
        let path = walk.path.joined(separator: " ")
        let nearest = Self.nearest(to: unknown, among: names)
        throw Problem(
            code: .unknownCommand, message: "'\(unknown)' is not a command of '\(path)'",
            reason: nearest.map { "Did you mean '\(path) \($0)'?" },
            help: "choose one of: \(names.joined(separator: ", "))", field: "command",
            value: unknown)
    }

    /// The arguments as the parser knows them: it takes `help` as the first word only, and
    /// `tram order help create` means `tram help order create`.
    func withHelpFirst() -> [String] {
        walk.asksForHelp ? ["help"] + walk.path.dropFirst() : arguments
    }

    /// The command that the arguments name, as far as they name one: `tram order create`.
    var commandPath: [String] { walk.path }

    private var walk: Walk { Walk(arguments, root: root, program: program) }

    /// How an error is to be presented, also where the arguments cannot be parsed.
    var presentation: (json: Bool, color: ColorChoice, dataDirectory: String?) {
        let options = arguments.prefix { $0 != "--" }
        func value(of option: String) -> String? {
            var last: String?
            for (index, argument) in options.enumerated() {
                if argument.hasPrefix(option + "=") {
                    last = String(argument.dropFirst(option.count + 1))
                } else if argument == option, index + 1 < options.count {
                    last = options[index + 1]
                }
            }
            return last
        }
        let color = value(of: "--color").flatMap(ColorChoice.init(rawValue:)) ?? .auto
        return (options.contains("--json"), color, value(of: "--data-dir"))
    }

    /// Follows the arguments down the tree of commands.
    private struct Walk {
        var command: any ParsableCommand.Type
        var path: [String]
        /// The first word that is no command where one is needed.
        var unknown: String?
        /// Whether `help` is among the commands' names.
        var asksForHelp = false

        init(_ arguments: [String], root: any ParsableCommand.Type, program: String) {
            command = root
            path = [program]
            let optionsWithValue: Set = ["--data-dir", "--color", "--lock-timeout"]
            var remaining = arguments[...]
            while let argument = remaining.popFirst(), argument != "--" {
                if optionsWithValue.contains(argument) {
                    _ = remaining.popFirst()
                    continue
                }
                if argument.hasPrefix("-") {
                    // Options that stand for a command, like --generate-completion-script.
                    if argument.hasPrefix("--generate") || argument.hasPrefix("---") { return }
                    continue
                }
                let subcommands = command.configuration.subcommands
                if subcommands.isEmpty { return }
                if argument == "help" {
                    asksForHelp = true
                    continue
                }
                guard let next = subcommands.first(where: { Arguments.name(of: $0) == argument })
                else {
                    unknown = argument
                    return
                }
                command = next
                path.append(argument)
            }
        }
    }

    /// A command's name on the command line: the one that it states, else that of its type.
    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }

    /// The name that is most like the word, if one is alike enough to be meant.
    private static func nearest(to word: String, among names: [String]) -> String? {
        let distances = names.map { (name: $0, distance: editDistance(word, $0)) }
        guard let best = distances.min(by: { $0.distance < $1.distance }),
            best.distance <= max(1, word.count / 3)
        else { return nil }
        return best.name
    }

    /// How many insertions, deletions, replacements and swaps of neighbors lead from one word to the
    /// other (optimal string alignment).
    static func editDistance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var rows = [Array(0...right.count)]
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var cost = min(rows[i][j] + (a == b ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b {
                    cost = min(cost, rows[i - 1][j - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}

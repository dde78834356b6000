internal import Platform

/// The data directory that was given as an option, for the commands that tram proposes: typed as they
/// stand they must work on the same stores.
struct CommandAddress {
    private let option: String?

    /// - Parameter dataDirectory: the option's value, nil when it was not given.
    init(dataDirectory: String?) {
        option = dataDirectory.map { " --data-dir " + shellWord($0) }
    }

    /// The text with the option put into each command that it names: `'tram …'` in quotes, or `tram …`
    /// after a colon and up to the end.
    func complete(_ text: String) -> String {
        guard let option else { return text }
        var text = completeQuoted(text, option)
        let isWhole = text.hasPrefix("tram ")
        if (isWhole || text.contains(": tram ")) && !text.hasSuffix(" --help") { text += option }
        return text
    }

    private func completeQuoted(_ text: String, _ option: String) -> String {
        let parts = text.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
        // Every second part is in quotes; a last one without its closing quote is not.
        return parts.indices.map { index in
            let isQuoted = index % 2 == 1 && index < parts.count - 1
            let isCommand = isQuoted && parts[index].hasPrefix("tram ")
            return isCommand ? parts[index] + option : parts[index]
        }.joined(separator: "'")
    }
}

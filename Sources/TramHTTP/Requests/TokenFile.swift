internal import Platform
internal import TramWorkbench

/// The file that holds the token.
enum TokenFile {
    /// - Throws: ``Problem`` when its first line is not 16 or more visible ASCII characters.
    static func read(_ path: String) throws -> String {
        let content: String?
        do {
            content = try Files.read(path)
        } catch {
            throw problem(path, error.reason)
        }
        guard let content else { throw problem(path, "there is no such file") }
        let token = content.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard token.utf8.count >= 16, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw problem(path, "its first line is not 16 or more visible ASCII characters")
        }
        return token
    }

    private static func problem(_ path: String, _ reason: String) -> Problem {
        Problem(
            code: .tokenFile, message: "'\(path)' holds no token: \(reason)",
            reason: "The server was not started.",
            help: "make one: openssl rand -hex 32 > NEW-FILE", field: "token-file", value: path)
    }
}

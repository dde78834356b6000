import TestSupport
import Testing

/// `help` is a command, wherever a command can stand.
@Suite struct HelpTests {
    @Test func `help shows what --help shows`() throws {
        for (words, command) in [
            (["help"], []), (["help", "order", "create"], ["order", "create"]),
            (["order", "help"], ["order"]), (["order", "help", "create"], ["order", "create"]),
            (["help", "order"], ["order"]), (["help", "help"], []),
        ] {
            let help = try tram(words)
            #expect(help.status == 0, "\(words): \(help.errors)")
            #expect(try help.output == tram(command + ["--help"]).output, "\(words)")
        }
    }

    @Test(arguments: ["hlep", "hepl", "halp"])
    func `help is suggested to whoever mistypes it`(word: String) throws {
        let refused = try tram([word])
        #expect(refused.status == 64)
        #expect(refused.errors.hasPrefix("error[unknown-command]: '\(word)' is not a command"))
        #expect(refused.errors.contains("Did you mean 'tram help'?"), "\(refused.errors)")
        #expect(refused.errors.contains("help: choose one of: customer, order, "))
        #expect(refused.errors.contains(", help\n"))
    }

    @Test func `there is no help for what is no command`() throws {
        for (words, path) in [
            (["help", "nonsense"], "tram"), (["help", "order", "nonsense"], "tram order"),
            (["order", "help", "nonsense"], "tram order"),
        ] {
            let refused = try tram(words)
            #expect(refused.status == 64)
            #expect(
                refused.errors.hasPrefix(
                    "error[unknown-command]: 'nonsense' is not a command of '\(path)'"),
                "\(refused.errors)")
        }
    }
}

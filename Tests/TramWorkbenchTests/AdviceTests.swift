import Testing
import TramWorkbench

@Suite struct AdviceTests {
    private let here = CommandAddress(program: "shop", options: " --data-dir other")

    @Test func `a proposed command has the program's name and works on the same stores`() {
        let advice: Advice =
            "'\(command: "relay run")' delivers \(2) messages; see all: \(command: "outbox list")"
        #expect(
            advice.text(for: here)
                == "'shop relay run --data-dir other' delivers 2 messages; see all: "
                + "shop outbox list --data-dir other")
        #expect(
            advice.text(for: CommandAddress(program: "shop"))
                == "'shop relay run' delivers 2 messages; see all: shop outbox list")
    }

    @Test func `the help of a command is the same for all stores`() {
        let advice: Advice = "\(command: "relay run --help")"
        #expect(advice.text(for: here) == "shop relay run --help")
    }

    @Test func `advice is put together of parts`() {
        let first: Advice = "see '\(command: "inbox list")'"
        let both = first + ", or " + "\(first)"
        #expect(
            both.text(for: CommandAddress(program: "shop"))
                == "see 'shop inbox list', or see 'shop inbox list'")
    }

    @Test func `where there are no stores, the application's first command is proposed`() {
        let problem = Problem(DataDirectoryError.noStore(path: "x"), of: Shop.self)
        #expect(
            problem.help.text(for: here) == "make one: shop sell --what tea --data-dir other")
    }

    @Test func `what is done otherwise over HTTP has words for both`() {
        let advice: Advice =
            "see it: \(shell: "\(command: "sale show 1")", http: "GET /sales/\(1)")"
        #expect(advice.text(for: here) == "see it: shop sale show 1 --data-dir other")
        #expect(
            advice.text(for: CommandAddress(program: "shop", isHTTP: true))
                == "see it: GET /sales/1")
    }
}

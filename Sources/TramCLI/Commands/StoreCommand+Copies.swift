internal import ArgumentParser
internal import CustomersAndOrders
internal import Platform
internal import Presentation
internal import Tram
internal import TramCommands
internal import TramWorkbench

extension StoreCommand {
    struct Accept: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on from an older copy of a store that was put back.",
            discussion: """
                Raises the store's counters above all that the other stores have seen of it, and \
                renumbers those of its messages whose number they know with different content. \
                'tram relay redeliver' then brings what the store has missed, and 'tram store \
                check' tells what is lost for good.

                Example:
                  tram store accept order
                """)

        @Argument(help: "The service: customer, order or history.") var service: ServiceChoice
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let report = try session.open().workbench.accept(service.rawValue)
            try session.show(AcceptedStore(report: report))
            if !report.isUnchanged {
                session.hint(
                    "'\(command: "relay redeliver --to \(service.rawValue)")' brings what it has missed"
                )
            }
            return .done
        }
    }

    struct Backup: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy all stores, as they are at one instant, into a new directory.",
            discussion: """
                Other commands, a relay and a server may be at work meanwhile. The copy is a data \
                directory by itself: look at it with --data-dir.

                Example:
                  tram store backup ./backup-1
                """)

        @Argument(help: "A directory that is new or empty.") var directory: String
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let copy = session.directory(at: directory)
            try session.open().stores.backUp(to: copy)
            try session.show(CopiedStores(isBackup: true, directory: directory))
            return .done
        }
    }

    struct Restore: SessionCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put all stores back as a backup has them.",
            discussion: """
                What was done since the backup is lost. No relay, server or other command may have \
                the stores open. Asks first at a terminal; elsewhere it needs --yes.

                Example:
                  tram store restore ./backup-1 --yes
                """)

        @Argument(help: "The directory of the backup.") var directory: String
        @Flag(help: "Do not ask.") var yes = false
        @OptionGroup(title: "Global options") var global: GlobalOptions

        func run(in session: Session) throws -> ExitStatus {
            let copy = session.directory(at: directory)
            try copy.requireStores()
            if !yes {
                try session.confirm(
                    "Replace all stores in \(session.path) by those in \(directory)?",
                    deed: "this replaces stores")
            }
            try session.system().stores.restore(from: copy)
            try session.show(CopiedStores(isBackup: false, directory: directory))
            return .done
        }
    }
}

private struct AcceptedStore: Document {
    let report: AcceptanceReport

    func text(_ style: Style) -> String {
        if report.isUnchanged {
            return "The \(report.service) store fits the others: nothing was changed.\n"
        }
        let raised = report.raised.sorted { $0.key < $1.key }.map {
            "  \($0.key) goes on after \($0.value.to) (was \($0.value.from))\n"
        }
        let renumbered = report.renumbered.map { "  \($0.from) is now \($0.to)\n" }
        let reused = report.reused.map {
            "  \(escaped("\($0)")) is new, and others may know a lost one of that number\n"
        }
        return "Accepted the \(report.service) store as it is.\n"
            + (raised + renumbered + reused).joined()
    }

    var json: JSON {
        [
            "store": .string(report.service), "changed": .bool(!report.isUnchanged),
            "counters": .object(
                report.raised.sorted { $0.key < $1.key }.map {
                    JSON.Member(
                        $0.key, ["from": .integer($0.value.from), "to": .integer($0.value.to)])
                }),
            "renumbered": .array(
                report.renumbered.map {
                    [
                        "from": .string($0.from.description), "to": .string($0.to.description),
                    ]
                }),
            "reused": .strings(report.reused.map(\.description)),
        ]
    }
}

private struct CopiedStores: Document {
    let isBackup: Bool
    let directory: String

    func text(_ style: Style) -> String {
        isBackup
            ? "Copied all stores into \(escaped(directory)).\n"
            : "Restored all stores from \(escaped(directory)).\n"
    }

    var json: JSON {
        [
            isBackup ? "backup" : "restored": .string(directory),
            "stores": .strings(ServiceName.all),
        ]
    }
}

internal import ArgumentParser
internal import Platform
internal import Tram
internal import TramWorkbench

extension StoreCommand {
    struct Accept: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "accept",
                abstract: "Go on from an older copy of a store that was put back.",
                discussion: """
                    Raises the store's counters above all that the other stores have seen of it, and \
                    renumbers those of its messages whose number they know with different content. \
                    '\(App.name) relay redeliver' then brings what the store has missed, and '\(App.name) store \
                    check' tells what is lost for good.

                    Example:
                      \(App.name) store accept \(App.storeInExamples)
                    """)
        }

        @Argument(help: "The service: \(ServiceChoice<App>.sentence).")
        var service: ServiceChoice<App>
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let report = try session.open().workbench.accept(service.name)
            try session.show(AcceptedStore(report: report))
            if !report.isUnchanged {
                session.hint(
                    "'\(command: "relay redeliver --to \(service.name)")' brings what it has missed"
                )
            }
            return .done
        }
    }

    struct Backup: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "backup",
                abstract: "Copy all stores, as they are at one instant, into a new directory.",
                discussion: """
                    Other commands, a relay and a server may be at work meanwhile. The copy is a data \
                    directory by itself: look at it with --data-dir.

                    Example:
                      \(App.name) store backup ./backup-1
                    """)
        }

        @Argument(help: "A directory that is new or empty.") var directory: String
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let copy = session.directory(at: directory)
            try session.open().stores.backUp(to: copy)
            try session.show(
                CopiedStores(
                    isBackup: true, directory: directory, stores: App.definitions.map(\.name)))
            return .done
        }
    }

    struct Restore: SessionCommand {
        public static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "restore",
                abstract: "Put all stores back as a backup has them.",
                discussion: """
                    What was done since the backup is lost. No relay, server or other command may have \
                    the stores open. Asks first at a terminal; elsewhere it needs --yes.

                    Example:
                      \(App.name) store restore ./backup-1 --yes
                    """)
        }

        @Argument(help: "The directory of the backup.") var directory: String
        @Flag(help: "Do not ask.") var yes = false
        @OptionGroup(title: "Global options") public var global: GlobalOptions<App>

        public func run(in session: Session<App>) throws -> ExitStatus {
            let copy = session.directory(at: directory)
            try copy.requireStores()
            if !yes {
                try session.confirm(
                    "Replace all stores in \(session.path) by those in \(directory)?",
                    deed: "this replaces stores")
            }
            try session.system().stores.restore(from: copy)
            try session.show(
                CopiedStores(
                    isBackup: false, directory: directory, stores: App.definitions.map(\.name)))
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

    var json: JSON { report.json }
}

private struct CopiedStores: Document {
    let isBackup: Bool
    let directory: String
    /// The services' names.
    let stores: [String]

    func text(_ style: Style) -> String {
        isBackup
            ? "Copied all stores into \(escaped(directory)).\n"
            : "Restored all stores from \(escaped(directory)).\n"
    }

    var json: JSON {
        [
            isBackup ? "backup" : "restored": .string(directory),
            "stores": .strings(stores),
        ]
    }
}

extension Application {
    /// The store in the examples of helps: the last one that cannot be made anew from the others.
    fileprivate static var storeInExamples: String {
        definitions.last { !$0.isDisposable }?.name ?? "STORE"
    }
}

internal import Platform
package import Tram
package import TramWorkbench

extension Session {
    /// Frees what nobody needs any more.
    package func purge(_ bounds: PurgeBounds, isDryRun: Bool = false) throws -> PurgeReport {
        let application = try open()
        do {
            return try application.workbench.purge(bounds, isRehearsal: isDryRun, availability)
        } catch {
            throw isDryRun ? error : Problem.amidWork(error, of: App.self)
        }
    }

    /// Says how to free what is kept for a subscriber that the program no longer has.
    package func hintAboutRemoving(after report: PurgeReport) {
        guard let subscriber = report.subscriberToRemove else { return }
        hint("'\(command: "subscriber remove \(shellWord(subscriber))")' frees what is kept for it")
    }

    /// Says that messages of which views were made are gone.
    package func hintAboutRebuilding(after report: PurgeReport) {
        guard report.freed.contains(where: { $0.messages > 0 }) else { return }
        for rebuilding in App.definitions.compactMap(\.rebuilding) {
            hint(
                "\(rebuilding.view) cannot be rebuilt any more; "
                    + "'\(command: rebuilding.commandAfterPurge)' rebuilds it from the messages "
                    + "that are left")
        }
    }
}

extension Application {
    /// Sentences for the help of a purge, each with a space behind it: which views cannot be made anew after
    /// it.
    package static var viewsLostByPurge: String {
        definitions.compactMap(\.rebuilding).map {
            $0.view.prefix(1).uppercased() + $0.view.dropFirst() + " cannot be rebuilt afterwards. "
        }.joined()
    }
}

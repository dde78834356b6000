internal import Platform
internal import Tram
package import TramSQLite

extension Stores {
    /// Makes a new file for a store beside the old one, and puts it in its place when it is complete.
    /// Whoever has the old one open notices that it has moved.
    package func replace<Result>(
        _ store: SQLiteStore, _ fill: (SQLiteStore) throws -> Result
    ) throws -> Result {
        let successor = store.successor(path: store.path + ".new")
        try successor.removeFiles()
        try successor.create()
        let result = try fill(successor)
        try successor.checkpoint()
        successor.close()
        try store.takeFile(of: successor)
        return result
    }
}

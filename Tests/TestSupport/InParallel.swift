private import Foundation

/// Runs the body in so many threads at once, and waits for all. (`concurrentPerform` would run no more
/// at once than there are processors.)
package func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread.detachNewThread {
            body(index)
            group.leave()
        }
    }
    group.wait()
}

/// Threads of the operating system, which may block.
package enum Threads {
    /// A number that no other thread of the process has while this one lives.
    package static var current: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }

    /// Runs `body` on a new thread.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = Unmanaged.passRetained(ThreadBody(run: body))
        #if canImport(Darwin)
            var thread: pthread_t?
            let code = pthread_create(&thread, nil, { runThread($0) }, start.toOpaque())
        #else
            var thread = pthread_t()
            let code = pthread_create(&thread, nil, { runThread($0) }, start.toOpaque())
        #endif
        guard code == 0 else {
            start.release()
            throw SystemError("start", "a thread", code: code)
        }
        #if canImport(Darwin)
            if let thread { pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

private func runThread(_ start: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let start else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(start).takeRetainedValue().run()
    return nil
}

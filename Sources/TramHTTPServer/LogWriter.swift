#if Server
    internal import Dispatch
    internal import Platform
    internal import Synchronization

    /// Writes the log on a thread of its own, so that nobody who does not read it can hold up the server:
    /// lines that find too many before them are lost, and counted.
    final class LogWriter: Sendable {
        private static let longestQueue = 10_000

        private struct State {
            var lines: [String] = []
            var lost = 0
            var isClosed = false
        }

        private let state = Mutex(State())
        private let arrivals = DispatchSemaphore(value: 0)
        private let ended = DispatchSemaphore(value: 0)

        init() throws {
            try Threads.start { [self] in
                while writeNext() {}
                ended.signal()
            }
        }

        /// Adds a line, which ends with a line's end.
        func write(_ line: String) {
            let isFirst = state.withLock { state in
                guard state.lines.count < Self.longestQueue else {
                    state.lost += 1
                    return false
                }
                state.lines.append(line)
                return state.lines.count == 1
            }
            if isFirst { arrivals.signal() }
        }

        /// Writes what is there, as far as somebody reads it within a second.
        func close() {
            state.withLock { $0.isClosed = true }
            arrivals.signal()
            _ = ended.wait(timeout: .now() + .seconds(1))
        }

        /// - Returns: whether there may be more.
        private func writeNext() -> Bool {
            arrivals.wait()
            let (lines, lost, isClosed) = state.withLock { state in
                defer {
                    state.lines = []
                    state.lost = 0
                }
                return (state.lines, state.lost, state.isClosed)
            }
            var text = lines.joined()
            if lost > 0 {
                text += "{\"level\":\"warning\",\"event\":\"log lines lost\",\"count\":\(lost)}\n"
            }
            try? writeAll(Array(text.utf8), to: 2, path: "standard error")
            return !isClosed
        }
    }
#endif

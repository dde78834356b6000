import Platform

/// A way for a process to end.
enum Fault: String {
    case overflow, index, fatalError, abort, null, recursion, bus, division, breakpoint, exit, wait

    func happen() {
        // The compiler must not see what is going to happen.
        let one = Program.arguments().count / Program.arguments().count
        switch self {
        case .overflow: exitUnless(Int.max - 1 + one + one)
        case .index: exitUnless([one][one])
        case .fatalError: Swift.fatalError("as the test wants it")
        case .abort: Platform.abort()
        case .null: UnsafeMutablePointer<Int>(bitPattern: one * 8)?.pointee = one
        case .recursion: exitUnless(sum(to: .max - one))
        case .bus: readBeyondTheEnd()
        case .division: raise(SIGFPE)
        case .breakpoint: raise(SIGTRAP)
        case .exit: Platform.exit(3)
        case .wait:
            PlatformProbe.say("ready\n")
            while true { pause() }
        }
        Platform.exit(65)
    }

    private func exitUnless(_ value: Int) {
        if value != 0 { Platform.exit(66) }
    }

    /// Needs more stack than there is.
    private func sum(to number: Int) -> Int {
        number == 0 ? 0 : 3 &* sum(to: number - 1) ^ number
    }

    /// Reads from a file in memory what is not in the file.
    private func readBeyondTheEnd() {
        guard let file = tmpfile() else { return }
        let memory = mmap(nil, 1, PROT_READ, MAP_SHARED, fileno(file), 0)
        if let memory { exitUnless(memory.loadUnaligned(as: Int.self)) }
    }
}

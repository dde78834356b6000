private import Foundation

/// A generator whose numbers follow from its seed (Steele, Lea, Flood: "Fast splittable pseudorandom
/// number generators").
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The seed of a test's run: the environment's `TRAM_TEST_SEED`, which repeats one, or a new one.
package func testSeed() -> UInt64 {
    ProcessInfo.processInfo.environment["TRAM_TEST_SEED"].flatMap(UInt64.init)
        ?? UInt64.random(in: 0...UInt64(UInt32.max))
}

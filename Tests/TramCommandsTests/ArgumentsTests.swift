import Testing

@testable import TramCommands

@Suite struct ArgumentsTests {
    @Test(arguments: [
        ("custmer", "customer", 1), ("hisotry", "history", 1), ("rely", "relay", 1),
        ("", "abc", 3), ("kitten", "sitting", 3),
    ])
    func `edits are counted, a swap as one`(left: String, right: String, distance: Int) {
        #expect(Arguments.editDistance(left, right) == distance)
        #expect(Arguments.editDistance(right, left) == distance)
    }
}

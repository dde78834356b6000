import Platform
import TestSupport
import Testing

@Suite struct FilesTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `a directory is made with those above it`() throws {
        let path = directory.file("a/b/c")
        try Files.makeDirectory(path)
        try Files.makeDirectory(path)
        #expect(try Files.size(of: path) != nil)
    }

    @Test func `a file in the way of a directory is refused`() throws {
        try Files.write("x", durablyTo: directory.file("file"))
        #expect(throws: SystemError.self) { try Files.makeDirectory(directory.file("file")) }
    }

    @Test func `a file is written as a whole and read back`() throws {
        let path = directory.file("file")
        #expect(try Files.read(path) == nil)
        try Files.write("one\n", durablyTo: path)
        try Files.write("two\n", durablyTo: path)
        #expect(try Files.read(path) == "two\n")
    }
}

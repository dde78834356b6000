import Testing

@testable import TramSQLite

/// Which differences of two `CREATE` statements do not matter.
@Suite struct SchemaTextTests {
    private static let table = "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a b')"

    @Test(arguments: [
        "create table item(id integer primary key,name text default 'a b')",
        "CREATE  TABLE\n item (\tid INTEGER PRIMARY KEY, name TEXT DEFAULT 'a b' ) ;",
        "CREATE TABLE \"item\" ([id] INTEGER PRIMARY KEY, `name` TEXT DEFAULT 'a b')",
        "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a b')",
        "CREATE TABLE item -- the items\n(id INTEGER /* number; ' */ PRIMARY KEY, name TEXT "
            + "DEFAULT 'a b')",
    ])
    func `these say the same`(text: String) {
        #expect(SchemaText(text) == SchemaText(Self.table))
    }

    @Test(arguments: [
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a  b')",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'A b')",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a b') STRICT",
        "CREATE TABLE item (id INTEGER, name TEXT DEFAULT 'a b')",
        "CREATE TABLE item (name TEXT DEFAULT 'a b', id INTEGER PRIMARY KEY)",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a b')",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'a b', CHECK (id > 0))",
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'a b')",
    ])
    func `these do not`(text: String) {
        #expect(SchemaText(text) != SchemaText(Self.table))
    }

    @Test func `a quote in quotes is a part of the name`() {
        #expect(SchemaText("CREATE TABLE \"a\"\"b\" (x)") == SchemaText("CREATE TABLE `a\"b` (x)"))
        #expect(SchemaText("CHECK (x <> 'it''s')") != SchemaText("CHECK (x <> 'its')"))
        #expect(SchemaText("CHECK (x <> 'open") == SchemaText("CHECK (x <> 'open'"))
    }

    @Test func `words are not torn nor joined`() {
        #expect(SchemaText("CHECK (a IN (0, 1))") != SchemaText("CHECK (a IN (01))"))
        #expect(SchemaText("REFERENCES a (b)") != SchemaText("REFERENCESa (b)"))
    }
}

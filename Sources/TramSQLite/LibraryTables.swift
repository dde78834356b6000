public import Tram

/// The library's tables in SQLite's words, as the migrations of a `Schema`.
///
/// Choose one of the two lists by what the service does, and stay with it: the lists have the same
/// versions, and a store that was made with one of them does not get the tables of the other later.
///
/// ```swift
/// Schema(applicationID: 0x4F72_6465, library: LibraryTables.messagingAndSagas, migrations: [...])
/// ```
///
/// New versions are appended to both lists. A migration that has landed never changes.
public enum LibraryTables {
    /// For every store that sends or receives messages and has no part in sagas.
    public static let messaging = [
        Migration(MessagingTables.create),
        Migration(MessagingTables.identify, MessagingTables.identify),
        Migration(MessagingTables.park),
        Migration(MessagingTables.explain),
        Migration(MessagingTables.absent),
    ]

    /// For a store whose service runs sagas or takes part in them: also a participant that only
    /// locks and stashes.
    public static let messagingAndSagas = [
        Migration(MessagingTables.create + SagaTables.create),
        Migration(MessagingTables.identify, MessagingTables.identify),
        Migration(MessagingTables.park + SagaTables.park),
        Migration(MessagingTables.explain + SagaTables.name),
        Migration(MessagingTables.absent + SagaTables.findFailed),
    ]
}

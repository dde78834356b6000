public import Tram

/// The library's tables in SQLite's words, as the migrations of a `Schema`. New versions are appended.
public enum LibraryTables {
    /// For every store that sends or receives messages.
    public static let messaging = [
        Migration(MessagingTables.create),
        Migration(MessagingTables.identify, MessagingTables.identify),
        Migration(MessagingTables.park),
        Migration(MessagingTables.explain),
        Migration(MessagingTables.absent),
    ]

    /// For a store whose service runs sagas, too, or takes part in them.
    public static let messagingAndSagas = [
        Migration(MessagingTables.create + SagaTables.create),
        Migration(MessagingTables.identify, MessagingTables.identify),
        Migration(MessagingTables.park + SagaTables.park),
        Migration(MessagingTables.explain + SagaTables.name),
        Migration(MessagingTables.absent + SagaTables.findFailed),
    ]
}

import Tram
import TramWorkbench

/// Takes a parcel in, and tells so.
struct TakeParcel: Action {
    static let name = "parcel take"
    static let summary = "Take a parcel in."
    static let service = "depot"
    static let fields = [
        ActionField("shelf", .id, "Where it lies.", example: .integer(1)),
        ActionField("content", .string, "What is in it.", example: .string("tea")),
        ActionField("fragile", .flag, "Whether it breaks."),
    ]

    private let shelf: Int
    private let content: String

    init(_ input: ActionInput) throws {
        shelf = try input.read("shelf", Input.id)
        content =
            try input.read("content", Input.word)
            + (try input.flag("fragile") ? " (fragile)" : "")
    }

    func perform(in depot: Depot, key: IdempotencyKey?) throws -> Int {
        try depot.stores["depot"].write { transaction in
            try IdempotencyKeys(transaction).answer(key, to: [content, "\(shelf)"]) {
                let id: Int = try transaction.rows(
                    "INSERT INTO parcel (shelf, content) VALUES (\(shelf), \(content)) RETURNING id"
                )[0].values()
                try transaction.publish(ParcelArrived(content: content), about: id)
                return id
            }
        }
    }
}

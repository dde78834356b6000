import Tram
import TramWorkbench

/// A bakery with rules of its own, behind the standard ones.
final class CarefulBakery: Bakery {
    override class var name: String { "careful-bakery" }

    override func rules(_ views: Views) -> [Rule] {
        Rule.standard(views) + [
            .always("every cake is for a sale") {
                let sales: Set<Int> = try numbers("SELECT id FROM sale", views["counter"])
                return try numbers("SELECT sale FROM cake ORDER BY sale", views["oven"])
                    .subtracting(sales).sorted().map { id in
                        Finding(
                            "the cake for sale \(id): no such sale",
                            isConsequence: try views.losses().isLost(
                                id, of: "sale", in: "counter"))
                    }
            },
            .atRest("at rest, a sale is SOLD exactly when its cake is baked") {
                let sold: Set<Int> = try numbers(
                    "SELECT id FROM sale WHERE state = 'SOLD'", views["counter"])
                let baked = try numbers("SELECT sale FROM cake", views["oven"])
                return sold.symmetricDifference(baked).sorted().map {
                    Finding("sale \($0) and its cake do not agree")
                }
            },
            .store("oven", "every cake is of a kind") { view in
                try numbers("SELECT sale FROM cake WHERE kind = ''", view).sorted().map {
                    Finding("the cake for sale \($0) is of no kind")
                }
            },
            .store("counter", "every sale that is SOLD has a cake") { view in
                try numbers("SELECT id FROM sale WHERE state = 'SOLD'", view)
                    .subtracting(numbers("SELECT sale FROM cake", views["oven"])).sorted()
                    .map { Finding("sale \($0) has no cake") }
            },
        ]
    }
}

private func numbers(_ sql: StaticString, _ view: any Transaction) throws -> Set<Int> {
    Set(
        try view.rows(SQL(unsafeText: "\(sql)")).map { row in
            let number: Int = try row.values()
            return number
        })
}

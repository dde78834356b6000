internal import Contracts
internal import Customers
internal import Presentation
internal import TramHTTP
internal import TramWorkbench

extension RequestBody {
    /// The name of a customer.
    func name(_ key: String) throws -> CustomerName {
        try Input.name(try text(key), field: key)
    }

    /// Money: `{"amount": 12.34}`.
    func amount(
        _ key: String, _ read: (_ text: String, _ field: String) throws -> Money
    ) throws -> Money {
        try read(try object(key, keys: ["amount"]).number("amount"), "\(key).amount")
    }
}

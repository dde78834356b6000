public import ArgumentParser
public import Tram
internal import TramWorkbench

/// The option of every command that can be repeated without a second effect.
public struct IdempotencyOptions: ParsableArguments {
    /// `--idempotency-key KEY`.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Names this request, so that it can be repeated: 1 to 200 visible ASCII characters.",
            valueName: "key"))
    public var idempotencyKey: String?

    public init() {}

    /// The key that was given, if any.
    ///
    /// - Throws: `Problem` when it is not one.
    public var key: IdempotencyKey? {
        get throws { try idempotencyKey.map(Input.idempotencyKey) }
    }
}

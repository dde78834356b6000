internal import ArgumentParser
internal import Presentation
internal import Tram

/// The option of every command that can be repeated without a second effect.
struct IdempotencyOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Names this request, so that it can be repeated: 1 to 200 visible ASCII characters.",
            valueName: "key"))
    var idempotencyKey: String?

    /// The key that was given, if any.
    ///
    /// - Throws: ``Problem`` when it is not one.
    var key: IdempotencyKey? {
        get throws { try idempotencyKey.map(Input.idempotencyKey) }
    }
}

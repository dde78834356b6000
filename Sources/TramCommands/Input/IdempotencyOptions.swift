package import ArgumentParser
package import Tram
internal import TramWorkbench

/// The option of every command that can be repeated without a second effect.
package struct IdempotencyOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Names this request, so that it can be repeated: 1 to 200 visible ASCII characters.",
            valueName: "key"))
    package var idempotencyKey: String?

    package init() {}

    /// The key that was given, if any.
    ///
    /// - Throws: ``Problem`` when it is not one.
    package var key: IdempotencyKey? {
        get throws { try idempotencyKey.map(Input.idempotencyKey) }
    }
}

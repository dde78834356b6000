internal import Platform
internal import Tram
internal import TramWorkbench

/// The stores that a thread has open.
struct OpenStores {
    private let open: () throws -> any Application
    private var application: (any Application)?

    init(_ open: @escaping () throws -> any Application) {
        self.open = open
        // Whatever is wrong is told to the first who needs them.
        application = try? open()
    }

    /// Does something with the stores. They are opened again when that has failed before, or when
    /// their files have been deleted or replaced.
    mutating func use<Output>(
        _ body: (any Application) throws -> Output
    ) -> Result<Output, any Error> {
        do {
            let application = try self.application ?? open()
            self.application = application
            application.stores.patience.renew()
            return .success(try body(application))
        } catch {
            if let error = error as? StoreError, case .moved = error { application = nil }
            return .failure(error)
        }
    }
}

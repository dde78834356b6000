internal import TramWorkbench

/// A request is not admitted.
struct Refusal: Error {
    let problem: Problem
    /// Further header fields of the answer.
    let headers: [(name: String, value: String)]

    init(
        _ problem: Problem, headers: [(name: String, value: String)] = [],
        closesConnection: Bool = false
    ) {
        self.problem = problem
        self.headers = headers + (closesConnection ? [(name: "Connection", value: "close")] : [])
    }
}

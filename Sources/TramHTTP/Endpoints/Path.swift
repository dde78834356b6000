/// A path with places: `/orders/{id}/cancel`.
public struct Path: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The path as it is written.
    public let description: String
    private let segments: [Substring]

    /// Reads a path; what stands in braces is a place.
    public init(stringLiteral template: String) {
        description = template
        segments = template.split(separator: "/")
    }

    /// The names of the places.
    var places: [String] {
        segments.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// What stands in the places of a path of this form; nil when it is not of this form. Nothing is
    /// decoded: what needs an escape is in no path of ours.
    func match(_ path: Substring) -> [String: String]? {
        let actual = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard path.hasPrefix("/"), actual.count == segments.count else { return nil }
        var found: [String: String] = [:]
        for (segment, text) in zip(segments, actual) {
            if segment.hasPrefix("{"), !text.isEmpty {
                found[String(segment.dropFirst().dropLast())] = String(text)
            } else if segment != text {
                return nil
            }
        }
        return found
    }
}

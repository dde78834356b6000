/// The status of an HTTP answer: its number and its phrase (RFC 9110, section 15).
package struct HTTPStatus: Hashable, Sendable {
    package let code: Int
    package let phrase: String

    private init(_ code: Int, _ phrase: String) {
        self.code = code
        self.phrase = phrase
    }

    package static let badRequest = HTTPStatus(400, "Bad Request")
    package static let unauthorized = HTTPStatus(401, "Unauthorized")
    package static let forbidden = HTTPStatus(403, "Forbidden")
    package static let notFound = HTTPStatus(404, "Not Found")
    package static let methodNotAllowed = HTTPStatus(405, "Method Not Allowed")
    package static let conflict = HTTPStatus(409, "Conflict")
    package static let contentTooLarge = HTTPStatus(413, "Content Too Large")
    package static let unsupportedMediaType = HTTPStatus(415, "Unsupported Media Type")
    package static let misdirectedRequest = HTTPStatus(421, "Misdirected Request")
    package static let unprocessableContent = HTTPStatus(422, "Unprocessable Content")
    package static let internalServerError = HTTPStatus(500, "Internal Server Error")
    package static let serviceUnavailable = HTTPStatus(503, "Service Unavailable")
    package static let insufficientStorage = HTTPStatus(507, "Insufficient Storage")
}

/// The status of an HTTP answer: its number and its phrase (RFC 9110, section 15).
public struct HTTPStatus: Hashable, Sendable {
    /// The number.
    public let code: Int
    /// The phrase that stands beside it.
    public let phrase: String

    private init(_ code: Int, _ phrase: String) {
        self.code = code
        self.phrase = phrase
    }

    /// 400: a value is not good.
    public static let badRequest = HTTPStatus(400, "Bad Request")
    /// 401: the token is missing or wrong.
    public static let unauthorized = HTTPStatus(401, "Unauthorized")
    /// 403: not allowed from there.
    public static let forbidden = HTTPStatus(403, "Forbidden")
    /// 404: there is no such thing.
    public static let notFound = HTTPStatus(404, "Not Found")
    /// 405: the path knows other methods.
    public static let methodNotAllowed = HTTPStatus(405, "Method Not Allowed")
    /// 409: not in the state that things are in.
    public static let conflict = HTTPStatus(409, "Conflict")
    /// 413: the body is too large.
    public static let contentTooLarge = HTTPStatus(413, "Content Too Large")
    /// 415: the body is of a type that is not read.
    public static let unsupportedMediaType = HTTPStatus(415, "Unsupported Media Type")
    /// 421: the request is for another host.
    public static let misdirectedRequest = HTTPStatus(421, "Misdirected Request")
    /// 422: an idempotency key that was used for another request.
    public static let unprocessableContent = HTTPStatus(422, "Unprocessable Content")
    /// 500: the server is at fault.
    public static let internalServerError = HTTPStatus(500, "Internal Server Error")
    /// 503: not now; the answer says when to try again.
    public static let serviceUnavailable = HTTPStatus(503, "Service Unavailable")
    /// 507: there is no room.
    public static let insufficientStorage = HTTPStatus(507, "Insufficient Storage")
}

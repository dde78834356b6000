#if Server
    internal import HTTPTypes
    internal import Hummingbird
    internal import HummingbirdCore
    internal import Logging
    internal import NIOCore
    internal import NIOHTTP1
    internal import Platform
    internal import ServiceLifecycle
    internal import TramHTTP

    /// Carries requests of one service from the network to the backend, and its answers back.
    struct Responder: HTTPResponder {
        typealias Context = BasicRequestContext

        let backend: Backend
        let service: String
        let logger: Logger

        func respond(to request: Request, context: Context) async throws -> Response {
            let start = MonotonicTime.nanoseconds()
            var path: String?
            let answer: Answer
            do {
                let admission = try backend.admit(head(of: request), to: service)
                path = admission.path
                let body = admission.readsBody ? try await bytes(of: request.body) : []
                answer = try await backend.perform(
                    admission, body: body, isEnding: { Task.isShuttingDownGracefully })
            } catch let error as IOError {
                // The client has gone.
                throw error
            } catch let error as HTTPParserError {
                // Hummingbird answers what is no HTTP.
                throw error
            } catch {
                answer = backend.answer(to: error)
            }
            note(request, path, answer.status, MonotonicTime.nanoseconds() - start)
            return response(answer, isHead: request.method == .head)
        }

        private func head(of request: Request) -> RequestHead {
            RequestHead(
                method: request.method.rawValue, target: request.head.path ?? "",
                hosts: (request.head.authority.map { [$0] } ?? [])
                    + request.headers.filter { $0.name.canonicalName == "host" }.map(\.value),
                fields: request.headers.map { ($0.name.canonicalName, $0.value) })
        }

        private func bytes(of body: HummingbirdCore.RequestBody) async throws -> [UInt8] {
            var bytes: [UInt8] = []
            for try await buffer in body {
                bytes += buffer.readableBytesView
                guard bytes.count <= Backend.maximumBodySize else { throw Backend.bodyTooLarge }
            }
            return bytes
        }

        private func response(_ answer: Answer, isHead: Bool) -> Response {
            var headers: HTTPFields = [
                .contentType: answer.contentType, .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ]
            for (name, value) in answer.headers {
                if let name = HTTPField.Name(name) { headers[name] = value }
            }
            let status = HTTPResponse.Status(code: answer.status)
            let response = Response(status: status, headers: headers, body: body(of: answer))
            return isHead ? response.createHeadResponse() : response
        }

        private func body(of answer: Answer) -> ResponseBody {
            switch answer.body {
            case .text(let text):
                return ResponseBody(byteBuffer: ByteBuffer(string: text))
            case .pieces(let first, let rest):
                return ResponseBody { [backend] writer in
                    try await writer.write(ByteBuffer(string: first))
                    var next: Answer.Continuation? = rest
                    while let rest = next {
                        let piece = await backend.perform(rest)
                        switch piece.body {
                        case .text(let text):
                            // What has begun well cannot become an error: it breaks off instead.
                            guard piece.status == 200 else { throw UnfinishedAnswer() }
                            try await writer.write(ByteBuffer(string: text))
                            next = nil
                        case .pieces(let text, let rest):
                            try await writer.write(ByteBuffer(string: text))
                            next = rest
                        }
                    }
                    try await writer.finish(nil)
                }
            }
        }

        /// - Parameter path: the form of the path; nil when there is no such, and then the log is told
        ///   what was sent.
        private func note(_ request: Request, _ path: String?, _ status: Int, _ duration: Int64) {
            let method = request.method.rawValue
            backend.note(
                service, method, path: path ?? "-", status: status, nanoseconds: duration)
            let sent = (request.head.path ?? "").prefix { $0 != "?" }.prefix(100)
            logger.info(
                "request",
                metadata: [
                    "service": .string(service), "method": .string(method),
                    "path": .string(path ?? String(sent)), "status": .stringConvertible(status),
                    "microseconds": .stringConvertible(duration / 1000),
                ])
        }
    }

    /// The rest of an answer could not be made.
    private struct UnfinishedAnswer: Error {}
#endif

internal import Platform

/// What an HTTP server has answered.
package struct HTTPResponse: Sendable {
    package let status: Int
    /// By the names in lower case.
    package let headers: [String: String]
    package let body: String
}

/// A connection to an HTTP server on this machine, which can also send what no decent client sends.
package final class HTTPConnection {
    private let descriptor: Int32
    private let port: Int
    private var buffer: [UInt8] = []

    /// - Parameter timeout: how long to wait for bytes, in seconds.
    package init(port: Int, timeout: Int = 20) throws {
        self.port = port
        #if canImport(Glibc)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        descriptor = socket(AF_INET, stream, 0)
        guard descriptor >= 0 else { throw SystemError("socket", "") }
        var time = timeval(tv_sec: timeout, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw SystemError("connect", "port \(port)")
        }
    }

    deinit { close(descriptor) }

    /// Sends a request and waits for its answer.
    package func request(
        _ method: String, _ path: String, _ body: String? = nil,
        headers: [(String, String)] = []
    ) throws -> HTTPResponse {
        var fields = headers
        if !headers.contains(where: { $0.0 == "Host" }) {
            fields.insert(("Host", "localhost:\(port)"), at: 0)
        }
        if let body {
            if !headers.contains(where: { $0.0 == "Content-Type" }) {
                fields.append(("Content-Type", "application/json"))
            }
            fields.append(("Content-Length", "\(body.utf8.count)"))
        }
        let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
        try send("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n\(body ?? "")")
        return try response(hasBody: method != "HEAD")
    }

    /// Sends just this.
    package func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    package func send(_ bytes: [UInt8]) throws {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes {
                Platform.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SystemError("send", "port \(port)") }
            start += count
        }
    }

    /// Waits for an answer.
    package func response(hasBody: Bool = true) throws -> HTTPResponse {
        let status = try line()
        guard let code = status.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw SystemError("read a status from", "'\(status)'", code: EBADMSG)
        }
        var headers: [String: String] = [:]
        while case let field = try line(), !field.isEmpty {
            let colon = field.firstIndex(of: ":") ?? field.endIndex
            headers[field[..<colon].lowercased()] = String(
                field[colon...].drop { $0 == ":" || $0 == " " })
        }
        var body: [UInt8] = []
        if !hasBody {
        } else if headers["transfer-encoding"] == "chunked" {
            while let size = Int(try line(), radix: 16), size > 0 {
                body += try bytes(size)
                _ = try line()
            }
            _ = try line()
        } else {
            body = try bytes(headers["content-length"].flatMap { Int($0) } ?? 0)
        }
        return HTTPResponse(
            status: code, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    /// Waits for the server to close the connection; what it sends before is dropped.
    ///
    /// - Returns: whether it did so before the timeout.
    package func waitForClose() -> Bool {
        while true {
            guard let isOpen = try? fill() else { return errno == ECONNRESET }
            if !isOpen { return true }
            buffer = []
        }
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = buffer[..<end].filter { $0 != 0x0D }
                buffer.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            guard try fill() else {
                throw SystemError("read", "the closed port \(port)", code: ECONNRESET)
            }
        }
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else {
                throw SystemError("read", "the closed port \(port)", code: ECONNRESET)
            }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    /// - Returns: false when the server has closed the connection.
    private func fill() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw SystemError("recv", "port \(port)") }
        buffer += bytes.prefix(count)
        return count > 0
    }
}

#if Server
    internal import HTTPTypes
    internal import HummingbirdCore
    internal import NIOCore
    internal import NIOHTTPTypes

    /// What a connection may cost: so that no client, slow or hostile, can hold one for long.
    ///
    /// The time for the first request's head, and the time between two requests, is the idle timeout,
    /// which Hummingbird watches over. This handler bounds the time from a head's arrival to the end
    /// of its answer, and the rest of a request that is answered already. It closes connections whose
    /// request or answer says so, and tells clients that ask first to go on.
    final class ConnectionLimits: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPRequestPart
        typealias InboundOut = HTTPRequestPart
        typealias OutboundIn = HTTPResponsePart
        typealias OutboundOut = HTTPResponsePart

        /// How long what a client still sends is thrown away after the last answer, so that the
        /// client can read that one.
        private static let farewell = TimeAmount.seconds(1)

        static let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)

        private let requestTimeout: TimeAmount
        private let undecoded = UndecodedBytes()
        private var requests = 0
        /// Whether a request's head has come, and its end has not.
        private var isReading = false
        /// Whether the next answer is the connection's last.
        private var closesAfterAnswer = false
        private var isClosing = false
        private var deadline: Scheduled<Void>?

        /// - Parameter requestTimeout: in milliseconds.
        init(requestTimeout: Int) {
            self.requestTimeout = .milliseconds(Int64(requestTimeout))
        }

        func handlerAdded(context: ChannelHandlerContext) {
            // Where it cannot be added, the connection is at its end.
            try? context.pipeline.syncOperations.addHandler(undecoded, position: .first)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            undecoded.count = 0
            switch unwrapInboundIn(data) {
            case .head(let head):
                isReading = true
                requests += 1
                if requests == 1 { begin(head, context) }
            case .body: break
            case .end:
                isReading = false
                // It may have been answered already.
                if requests == 0 && !isClosing { deadline?.cancel() }
            }
            context.fireChannelRead(data)
        }

        private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
            close(context, after: requestTimeout)
            let options = head.headerFields[values: .connection].joined(separator: ",")
                .lowercased().split(separator: ",").map { $0.filter { $0 != " " } }
            // Nobody here speaks another protocol; but the decoder reads no further after such a head.
            if options.contains("close") || head.headerFields.contains(.upgrade)
                || head.method == .connect
            {
                closesAfterAnswer = true
            }
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(
                    wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        }

        func write(
            context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
        ) {
            switch unwrapOutboundIn(data) {
            case .head(var head):
                if head.headerFields[.connection]?.lowercased() == "close" {
                    closesAfterAnswer = true
                } else if closesAfterAnswer {
                    head.headerFields[.connection] = "close"
                }
                context.write(wrapOutboundOut(.head(head)), promise: promise)
            case .body:
                context.write(data, promise: promise)
            case .end:
                end(context, data, promise)
            }
        }

        private func end(
            _ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?
        ) {
            requests -= 1
            deadline?.cancel()
            if closesAfterAnswer {
                isClosing = true
                context.writeAndFlush(data, promise: promise)
                context.close(mode: .output, promise: nil)
                close(context, after: Self.farewell)
                return
            }
            context.write(data, promise: promise)
            if requests > 0 {
                close(context, after: requestTimeout)
            } else if isReading {
                close(context, after: Self.farewell)
            }
        }

        /// A server that is to end waits for the answer in hand, but not for the rest of a request,
        /// nor for what comes after it.
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent {
                closesAfterAnswer = true
                if isReading && requests == 1 { close(context, after: Self.farewell) }
            }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            deadline?.cancel()
            context.fireChannelInactive()
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            deadline?.cancel()
        }

        private func close(_ context: ChannelHandlerContext, after time: TimeAmount) {
            deadline?.cancel()
            deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
                context.close(promise: nil)
            }
        }
    }

    /// Ends a connection that sends on and on without coming to the end of anything: the decoder's own
    /// limits do not count white space, nor what follows an offer to change the protocol.
    private final class UndecodedBytes: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer

        /// More than the largest head, and more than is read at once.
        private static let most = 256 << 10

        /// How many bytes have come since the last part of a request was complete.
        var count = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            count += unwrapInboundIn(data).readableBytes
            guard count <= Self.most else {
                context.close(promise: nil)
                return
            }
            context.fireChannelRead(data)
        }
    }
#endif

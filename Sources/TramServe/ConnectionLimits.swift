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
    /// answer says so, and tells clients that ask first to go on.
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
        private var requests = 0
        /// Whether a request's head has come, and its end has not.
        private var isReading = false
        private var closesAfterAnswer = false
        private var deadline: Scheduled<Void>?

        /// - Parameter requestTimeout: in milliseconds.
        init(requestTimeout: Int) {
            self.requestTimeout = .milliseconds(Int64(requestTimeout))
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                isReading = true
                requests += 1
                if requests == 1 { begin(head, context) }
            case .body: break
            case .end:
                isReading = false
                // It may have been answered already.
                if requests == 0 && !closesAfterAnswer { deadline?.cancel() }
            }
            context.fireChannelRead(data)
        }

        func write(
            context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
        ) {
            switch unwrapOutboundIn(data) {
            case .head(let head):
                closesAfterAnswer = head.headerFields[.connection]?.lowercased() == "close"
                context.write(data, promise: promise)
            case .body:
                context.write(data, promise: promise)
            case .end:
                requests -= 1
                deadline?.cancel()
                if closesAfterAnswer {
                    context.writeAndFlush(data, promise: promise)
                    context.close(mode: .output, promise: nil)
                    close(context, after: Self.farewell)
                } else {
                    context.write(data, promise: promise)
                    if requests > 0 {
                        close(context, after: requestTimeout)
                    } else if isReading {
                        close(context, after: Self.farewell)
                    }
                }
            }
        }

        private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
            close(context, after: requestTimeout)
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(
                    wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        }

        /// A server that is to end waits for the answers in hand, but not for the rest of a request.
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent, isReading {
                close(context, after: Self.farewell)
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
#endif

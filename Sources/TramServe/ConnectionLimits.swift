#if Server
    internal import HTTPTypes
    internal import HummingbirdCore
    internal import NIOCore
    internal import NIOHTTPTypes

    /// What a connection may cost: so that no client, slow or hostile, can hold one for long.
    ///
    /// The time for the first request's head, and the time between two requests, is the idle timeout,
    /// which Hummingbird watches over. This handler bounds the time from a head's arrival to the end
    /// of its answer, and closes connections whose answer says so.
    final class ConnectionLimits: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPRequestPart
        typealias InboundOut = HTTPRequestPart
        typealias OutboundIn = HTTPResponsePart
        typealias OutboundOut = HTTPResponsePart

        static let idleTimeout = TimeAmount.seconds(30)
        /// Besides the time for a lock.
        private static let requestTimeout = TimeAmount.seconds(30)
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

        /// - Parameter lockTimeout: how long a request may wait for a lock, in milliseconds.
        init(lockTimeout: Int) {
            requestTimeout = Self.requestTimeout + .milliseconds(Int64(lockTimeout))
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head:
                isReading = true
                requests += 1
                if requests == 1 { close(context, after: requestTimeout) }
            case .body: break
            case .end: isReading = false
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
                    if requests > 0 { close(context, after: requestTimeout) }
                }
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

package dev.tramontane.api;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection. Counts the requests under way on it, pipelined ones too, by what goes in and out, whoever answers; and
 * closes it when it has had none for the idle time, however a next head trickles in. A connection with a request under way
 * is never idle, since an answer may take long; one that became a WebSocket has such a request for good. A client that
 * takes nothing of its last answer for the idle time is cut off. Between the codec and Vert.x; the channel's event loop
 * only.
 */
final class OpenConnection extends ChannelDuplexHandler {
    private final Channel channel;
    private final long idleMillis;
    private final boolean reserved;
    private final BooleanSupplier leaving;
    private boolean last;
    private int underWay;
    private boolean closing;
    private @Nullable ScheduledFuture<?> timer;
    private long unsentBefore = Long.MAX_VALUE;
    private long sentOfFirstBefore;

    /**
     * @param reserved it has a place for health and metrics only, and answers once
     * @param leaving whether answers that begin now are to be the last of their connections
     */
    OpenConnection(Channel channel, long idleMillis, boolean reserved, BooleanSupplier leaving) {
        this.channel = channel;
        this.idleMillis = idleMillis;
        this.reserved = reserved;
        this.leaving = leaving;
    }

    static OpenConnection of(HttpConnection connection) {
        return Objects.requireNonNull(((HttpServerConnection) connection)
                .channelHandlerContext()
                .pipeline()
                .get(OpenConnection.class));
    }

    /** Whether it may ask for health and metrics only. */
    boolean isReserved() {
        return reserved;
    }

    /** Closes at once, whatever is still to be written. Any thread. */
    static void abort(HttpConnection connection) {
        abort(((HttpServerConnection) connection).channelHandlerContext().channel());
    }

    /** The same. */
    static void abort(Channel channel) {
        ConnectionCut.of(channel);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        await(idleMillis);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest && !closing) {
            underWay++;
            stopWaiting();
        }
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean interim = false;
        if (message instanceof HttpResponse response) {
            interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
            if (!interim && leaving.getAsBoolean() && HttpUtil.isKeepAlive(response)) {
                HttpUtil.setKeepAlive(response, false);
                last = true; // Vert.x does not know of it, and would keep the connection.
            }
            closing |= !interim && !HttpUtil.isKeepAlive(response);
        }
        ChannelPromise written = promise;
        if (message instanceof LastHttpContent && !interim) {
            written = promise.unvoid();
            answered(written);
        }
        var _ = context.write(message, written); // Its promise is answered above, or whoever wrote looks after it.
    }

    private void answered(ChannelPromise written) {
        underWay = closing ? 0 : underWay - 1;
        if (reserved || last) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
        if (underWay == 0) {
            await(idleMillis);
        }
    }

    private void await(long millis) {
        stopWaiting();
        timer = channel.eventLoop().schedule(this::expired, millis, TimeUnit.MILLISECONDS);
    }

    private void stopWaiting() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        unsentBefore = Long.MAX_VALUE;
    }

    private void expired() {
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        if (unsent == null || unsent.isEmpty()) {
            var _ = channel.close();
            return;
        }
        long bytes = unsent.totalPendingWriteBytes();
        long sentOfFirst = unsent.currentProgress();
        if (bytes == unsentBefore && sentOfFirst == sentOfFirstBefore) {
            abort(channel);
            return;
        }
        await(idleMillis);
        unsentBefore = bytes;
        sentOfFirstBefore = sentOfFirst;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stopWaiting();
        context.fireChannelInactive();
    }
}

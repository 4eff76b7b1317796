package dev.tramontane.api;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.WebSocketFrameEncoder;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;

/** Closes a connection at once, whatever is still to be written. Vert.x's close first writes that, for ever if nobody reads. */
public final class ConnectionCut {
    private ConnectionCut() {}

    /** Any thread; it happens on the channel's event loop, soon and not within this call. */
    public static void of(Channel channel) {
        // Never in the middle of a write: whoever asks may have been called by one.
        channel.eventLoop().execute(() -> {
            ChannelPipeline pipeline = channel.pipeline();
            if (!channel.isOpen()) {
                return;
            }
            if (pipeline.get(WebSocketFrameEncoder.class) != null) {
                dropWhatWaits(channel);
            }
            // From the first handler outwards: the channel's own close would wait for the queue again.
            var _ = pipeline.firstContext().close();
        });
    }

    /**
     * Empties Vert.x's queue while the channel is open. When Vert.x finds a close frame in it after the channel's end, it
     * closes a second time, with a promise that is kept already, and that is a warning with a stack trace in the log.
     */
    private static void dropWhatWaits(Channel channel) {
        channel.pipeline().addFirst("dropping", new Dropping());
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        if (unsent == null) {
            return;
        }
        unsent.addFlush();
        // With the last of it the channel is writable again, and Vert.x writes what it has kept.
        while (unsent.remove(new ClosedChannelException())) {}
    }

    /**
     * Lets nothing out any more. Promises are not kept either: told that its close frame failed, Vert.x would close once
     * more, within this close.
     */
    private static final class Dropping extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
        }
    }
}

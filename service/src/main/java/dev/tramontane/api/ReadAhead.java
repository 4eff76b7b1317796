package dev.tramontane.api;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;

/**
 * Goes on reading a connection whose later handlers want nothing for now, because only a read tells that the client has
 * left. Vert.x stops reading while pipelined requests wait for their turn, and would not see a reset until it writes.
 * What is read meanwhile is held, up to a limit; a client that sends more than that ahead is noticed by a write, which
 * every answer under way makes within the heartbeat's time. First in its pipeline; the channel's event loop only.
 */
final class ReadAhead extends ChannelDuplexHandler {
    private final int mostBytes;
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>();
    private int heldBytes;
    private boolean delivering;

    /** @param mostBytes of buffers held, after which reading stops */
    ReadAhead(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes && (!held.isEmpty() || !isWanted(context))) {
            held.add(bytes);
            heldBytes += bytes.capacity();
        } else {
            context.fireChannelRead(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.fireChannelReadComplete();
        goOn(context);
    }

    /** More is wanted again, or for the first time. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (delivering) {
            return; // The call below goes on delivering.
        }
        delivering = true;
        try {
            while (!held.isEmpty() && isWanted(context)) {
                ByteBuf bytes = held.remove();
                heldBytes -= bytes.capacity();
                context.fireChannelRead(bytes);
                if (held.isEmpty() || !isWanted(context)) {
                    context.fireChannelReadComplete();
                }
            }
        } finally {
            delivering = false;
        }
        if (isWanted(context)) {
            context.read();
        } else {
            goOn(context);
        }
    }

    private void goOn(ChannelHandlerContext context) {
        if (!isWanted(context) && heldBytes < mostBytes) {
            context.read();
        }
    }

    private static boolean isWanted(ChannelHandlerContext context) {
        return context.channel().config().isAutoRead();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        release();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        release();
    }

    private void release() {
        held.forEach(ReferenceCountUtil::release);
        held.clear();
        heldBytes = 0;
    }
}

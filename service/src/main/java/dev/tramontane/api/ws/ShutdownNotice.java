package dev.tramontane.api.ws;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.net.impl.ShutdownEvent;

/**
 * Tells a socket that the server shuts down, in Vert.x's place: Vert.x would close it in mid-answer, with the code of a
 * normal end; and its own handler of shutdowns is called for every other close as well.
 */
final class ShutdownNotice extends ChannelInboundHandlerAdapter {
    private final Runnable leave;

    /** @param leave called on the channel's event loop */
    ShutdownNotice(Runnable leave) {
        this.leave = leave;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ShutdownEvent) {
            leave.run();
        } else {
            context.fireUserEventTriggered(event);
        }
    }
}

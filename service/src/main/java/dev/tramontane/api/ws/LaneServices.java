package dev.tramontane.api.ws;

import dev.tramontane.api.RequestTrace;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.responses.ResponseServices;
import io.vertx.core.Context;

/**
 * What the lanes of one socket share.
 *
 * @param context the socket's
 * @param outlet of what is no event of an answer
 * @param places that answers under way have
 * @param turns that answers' events are sent in
 * @param parents that requests may go on from
 * @param socketId of the request that opened the socket
 * @param trace likewise
 * @param tenant for whom responses are kept
 * @param whenIdle run when a lane has no answer under way and no request waiting
 */
record LaneServices(
        ResponseServices socket,
        Context context,
        Lanes.Outlet outlet,
        Places places,
        Turns turns,
        Parents parents,
        String socketId,
        RequestTrace trace,
        String tenant,
        Runnable whenIdle) {

    SocketLimits limits() {
        return socket.config().sockets();
    }
}

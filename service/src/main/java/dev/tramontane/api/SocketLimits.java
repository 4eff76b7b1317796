package dev.tramontane.api;

import java.time.Duration;

/**
 * What one WebSocket may cost, beyond the transport's limits.
 *
 * @param messageBytes of a client's message, all its frames together; longer ones close the socket with 1009
 * @param waitingRequests requests that may wait for the running answer; further ones are refused with 429
 * @param controlFramesPerSecond pings and pongs a client may send; more close the socket with 1008
 * @param unreadReplies replies a client may provoke without reading any; more close the socket with 1008
 * @param silence a client that answers no ping for this long is gone
 */
public record SocketLimits(
        int messageBytes, int waitingRequests, int controlFramesPerSecond, int unreadReplies, Duration silence) {

    public static final SocketLimits DEFAULT = new SocketLimits(1 << 20, 4, 20, 32, Duration.ofSeconds(30));

    public SocketLimits {
        if (messageBytes < 1
                || waitingRequests < 0
                || controlFramesPerSecond < 1
                || unreadReplies < 1
                || !silence.isPositive()) {
            throw new IllegalArgumentException("a socket's limits are too small to serve anything: " + messageBytes
                    + " bytes a message, " + waitingRequests + " waiting requests, " + controlFramesPerSecond
                    + " control frames a second, " + unreadReplies + " unread replies, " + silence.toMillis()
                    + " ms of silence");
        }
    }
}

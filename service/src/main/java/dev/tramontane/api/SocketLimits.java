package dev.tramontane.api;

import java.time.Duration;

/**
 * What one WebSocket may cost, beyond the transport's limits.
 *
 * @param messageBytes of a client's message, all its frames together; longer ones close the socket with 1009
 * @param waitingRequests requests that may wait in one lane; further ones are refused with 429
 * @param controlFramesPerSecond pings and pongs a client may send; more close the socket with 1008
 * @param unreadReplies replies a client may provoke without reading any; more close the socket with 1008
 * @param silence a client that answers no ping for this long is gone
 * @param activeAnswers answers under way at a time; requests of further lanes wait for one to end
 * @param namedLanes values of {@code stream_id} in a socket's whole life
 * @param life after which a socket takes no more requests
 * @param farewell that answers under way have from then on
 */
public record SocketLimits(
        int messageBytes,
        int waitingRequests,
        int controlFramesPerSecond,
        int unreadReplies,
        Duration silence,
        int activeAnswers,
        int namedLanes,
        Duration life,
        Duration farewell) {

    public static final SocketLimits DEFAULT = new SocketLimits(1 << 20, 4, 20, 32, Duration.ofSeconds(30));

    /** With OpenAI's limits of lanes and of a socket's life. */
    public SocketLimits(
            int messageBytes, int waitingRequests, int controlFramesPerSecond, int unreadReplies, Duration silence) {
        this(
                messageBytes,
                waitingRequests,
                controlFramesPerSecond,
                unreadReplies,
                silence,
                16,
                32,
                Duration.ofMinutes(60),
                Duration.ofSeconds(30));
    }

    /** The same with others of lanes and of a socket's life. */
    public SocketLimits lanes(int active, int named, Duration whole, Duration last) {
        return new SocketLimits(
                messageBytes,
                waitingRequests,
                controlFramesPerSecond,
                unreadReplies,
                silence,
                active,
                named,
                whole,
                last);
    }

    public SocketLimits {
        if (messageBytes < 1
                || waitingRequests < 0
                || controlFramesPerSecond < 1
                || unreadReplies < 1
                || !silence.isPositive()
                || activeAnswers < 1
                || namedLanes < 0
                || !life.isPositive()
                || farewell.isNegative()) {
            throw new IllegalArgumentException("a socket's limits are too small to serve anything: " + messageBytes
                    + " bytes a message, " + waitingRequests + " waiting requests, " + controlFramesPerSecond
                    + " control frames a second, " + unreadReplies + " unread replies, " + silence.toMillis()
                    + " ms of silence, " + activeAnswers + " answers, " + namedLanes + " lanes, " + life.toMillis()
                    + " ms of life and " + farewell.toMillis() + " ms after it");
        }
    }
}

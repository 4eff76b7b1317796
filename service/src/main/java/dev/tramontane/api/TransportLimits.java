package dev.tramontane.api;

import java.time.Duration;

/**
 * What one client may make the transport hold.
 *
 * @param connections open at once; a few more may ask for health and metrics only
 * @param lineBytes request line
 * @param headerBytes all headers
 * @param bodyBytes request body
 * @param bodyTime for the whole body to arrive, whatever trickles in
 * @param idleTime from a connection's opening, or its last answer's end, to the next whole request head; also the time
 *     for which a stream's socket may take nothing at all, and twice that for what is left of a whole answer
 * @param sendBufferBytes the socket's send buffer: what a reader that stands still may have outstanding in the
 *     kernel; 0 leaves it to the system, which lets it grow to megabytes
 * @param writeQueueBytes per connection, before the stream pauses
 */
public record TransportLimits(
        int connections,
        int lineBytes,
        int headerBytes,
        int bodyBytes,
        Duration bodyTime,
        Duration idleTime,
        int sendBufferBytes,
        int writeQueueBytes) {

    public static final TransportLimits DEFAULT = new TransportLimits(
            10_000, 4096, 8192, 8 << 20, Duration.ofSeconds(30), Duration.ofSeconds(60), 64 << 10, 16 << 10);

    public TransportLimits {
        if (connections < 1 || lineBytes < 256 || headerBytes < 1024 || bodyBytes < 1 || writeQueueBytes < 1) {
            throw new IllegalArgumentException("transport limits are too small to serve anything: " + connections
                    + " connections, " + lineBytes + " line, " + headerBytes + " header, " + bodyBytes + " body and "
                    + writeQueueBytes + " queued bytes");
        }
        if (bodyTime.isNegative() || bodyTime.isZero() || idleTime.toSeconds() < 1 || sendBufferBytes < 0) {
            throw new IllegalArgumentException(
                    "body time must be positive, idle time at least a second, the send buffer 0 or more");
        }
    }

    /** The same with another number of connections. */
    public TransportLimits withConnections(int number) {
        return new TransportLimits(
                number, lineBytes, headerBytes, bodyBytes, bodyTime, idleTime, sendBufferBytes, writeQueueBytes);
    }
}

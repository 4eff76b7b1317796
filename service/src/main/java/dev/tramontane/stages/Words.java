package dev.tramontane.stages;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLException;

/** Words for people: why a connection is not there, and what one side has the other say. */
final class Words {
    /** Bytes of UTF-8 that one side says at most, and the other one reads. */
    static final int MOST_BYTES = 4096;

    private static final byte[] CUT = " (cut)".getBytes(StandardCharsets.US_ASCII);

    private Words() {}

    /** What is said, cut between two characters where it is longer than the other side reads. */
    static ByteBuffer encoded(String words) {
        byte[] bytes = words.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MOST_BYTES) {
            return ByteBuffer.wrap(bytes);
        }
        int end = MOST_BYTES - CUT.length;
        while ((bytes[end] & 0xC0) == 0x80) { // In the middle of a character.
            end--;
        }
        System.arraycopy(CUT, 0, bytes, end, CUT.length);
        return ByteBuffer.wrap(bytes, 0, end + CUT.length);
    }

    static String of(IOException failure) {
        return switch (failure) {
            case WireException ours -> String.valueOf(ours.getMessage());
            case EOFException ended -> "it closed the connection";
            case UnknownHostException unknown -> "its name is not known";
            case ConnectException refused -> "nobody listens there";
            case NoRouteToHostException none -> "there is no way to it";
            case SocketTimeoutException late -> "it did not answer in time";
            case SSLException tls -> "TLS failed: " + tls.getMessage();
            case SocketException reset -> "the connection broke (" + reset.getMessage() + ")";
            default -> "the connection failed (" + failure.getMessage() + ")";
        };
    }
}

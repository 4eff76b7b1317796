package dev.tramontane.api.ws;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocketFrame;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Joins the frames of a message. Holds at most one message of bounded length. */
final class MessageAssembler {

    /** What a data frame amounted to. */
    sealed interface Outcome {
        /** The message goes on. */
        record Partial() implements Outcome {}

        /** What should be a text, which {@link #text} says. */
        record Whole(byte[] utf8) implements Outcome {}

        /** A whole message of bytes; they have been dropped. */
        record Binary() implements Outcome {}

        /** The socket is to be closed. */
        record Violation(CloseCode code, String reason) implements Outcome {}
    }

    private static final Outcome PARTIAL = new Outcome.Partial();

    private final int maxBytes;
    private @Nullable Buffer pending;
    private boolean binary;

    MessageAssembler(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes a text, binary or continuation frame. */
    Outcome add(WebSocketFrame frame) {
        if (!frame.isContinuation()) {
            binary = frame.isBinary();
        }
        Buffer data = frame.binaryData();
        Buffer before = pending;
        int length = data.length() + (before == null ? 0 : before.length());
        if (length > maxBytes) {
            pending = null;
            return new Outcome.Violation(
                    CloseCode.TOO_BIG, "A message may have " + maxBytes + " bytes; this one has more.");
        }
        if (before == null && frame.isFinal()) {
            return finish(data);
        }
        // Not data.copy(): a copy of nothing takes nothing, silently, and a first fragment may be empty.
        pending = (before == null ? Buffer.buffer() : before).appendBuffer(data);
        if (!frame.isFinal()) {
            return PARTIAL;
        }
        Buffer whole = pending;
        pending = null;
        return finish(whole);
    }

    private Outcome finish(Buffer message) {
        return binary ? new Outcome.Binary() : new Outcome.Whole(message.getBytes());
    }

    /**
     * Decodes strictly: Vert.x would replace what is not UTF-8, and RFC 6455 section 8.1 wants the connection failed instead. Any thread.
     *
     * @throws CharacterCodingException where it is no UTF-8
     */
    static String text(byte[] utf8) throws CharacterCodingException {
        // A fresh decoder reports malformed input, whereas String's constructor replaces it.
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    }
}

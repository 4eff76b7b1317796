package dev.tramontane.api.ws;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocketFrame;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Joins the frames of a message and decodes it strictly: Vert.x would replace what is not UTF-8, and RFC 6455 section
 * 8.1 wants the connection failed instead. Holds at most one message of bounded length.
 */
final class MessageAssembler {

    /** What a data frame amounted to. */
    sealed interface Outcome {
        /** The message goes on. */
        record Partial() implements Outcome {}

        record Text(String text) implements Outcome {}

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
        if (binary) {
            return new Outcome.Binary();
        }
        try {
            // A fresh decoder reports malformed input, whereas String's constructor replaces it.
            return new Outcome.Text(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(message.getBytes()))
                    .toString());
        } catch (CharacterCodingException malformed) {
            return new Outcome.Violation(CloseCode.NOT_UTF8, "A text message must be UTF-8.");
        }
    }
}

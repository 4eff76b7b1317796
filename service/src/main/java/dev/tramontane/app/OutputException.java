package dev.tramontane.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;

/** What could not be written: no room, no permission, no reader. The message is one sentence for people. */
final class OutputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** EPIPE, in English. */
    private static final String NO_READER = "Broken pipe";

    private final boolean unread;

    OutputException(IOException cause) {
        this(String.valueOf(cause.getMessage()), cause, false);
    }

    private OutputException(String message, IOException cause, boolean unread) {
        super(message, cause);
        this.unread = unread;
    }

    static OutputException ofStandardOutput(IOException cause) {
        String reason = String.valueOf(cause.getMessage());
        return new OutputException(
                "cannot write to standard output: " + reason + "; what is there is not all",
                cause,
                reason.contains(NO_READER) || reason.equals(noReader()));
    }

    /** EPIPE in the words of the C library, which has them in the user's language: as it says of a pipe that nobody reads. */
    static String noReader() {
        try {
            Pipe pipe = Pipe.open();
            try (Pipe.SinkChannel sink = pipe.sink()) {
                pipe.source().close();
                sink.write(ByteBuffer.allocate(1));
            }
        } catch (IOException unread) {
            return String.valueOf(unread.getMessage());
        }
        return NO_READER;
    }

    /** Whether the reader of a pipe has left, as {@code head} does: he has what he wanted. */
    boolean unread() {
        return unread;
    }
}

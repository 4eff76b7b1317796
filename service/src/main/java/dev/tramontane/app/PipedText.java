package dev.tramontane.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** A text that comes on standard input, all of it. */
final class PipedText {
    /** No context holds more. */
    static final int MOST_BYTES = 16 << 20;

    private PipedText() {}

    /**
     * Reads to the end.
     *
     * @throws UsageException when it is longer than is read, or no text
     */
    static String read(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new UsageException("the prompt on standard input is larger than " + Units.show(MOST_BYTES));
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException other) {
            throw new UsageException("what comes on standard input is no text in UTF-8", other);
        }
    }
}

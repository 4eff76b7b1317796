package dev.tramontane.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A text in strict UTF-8, read in sections of a bounded size, so that it may be longer than memory. A section ends before
 * a line's end, where tokens hardly ever reach across; a text of one section is read whole.
 */
final class TextSections implements AutoCloseable {
    /** UTF-16 units of a section. */
    static final int SECTION = 4 << 20;

    private static final int BYTES = 1 << 16;

    private final Path path;
    private final int most;
    private final InputStream in;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private final ByteBuffer bytes = ByteBuffer.allocate(BYTES).limit(0);
    private final CharBuffer chars = CharBuffer.allocate(BYTES);
    private final StringBuilder text = new StringBuilder();
    private long read;
    private boolean ended;

    /**
     * Takes over a stream.
     *
     * @param path its name, for errors
     * @param most UTF-16 units of a section, at least 2
     */
    TextSections(Path path, InputStream in, int most) {
        this.path = path;
        this.in = in;
        this.most = most;
    }

    /**
     * The next section; empty at the end.
     *
     * @throws UsageException at the first byte that is not UTF-8
     * @throws IOException when the file cannot be read
     */
    String next() throws IOException {
        while (!ended && text.length() < most) {
            fill();
        }
        int end = text.length() <= most && ended ? text.length() : end();
        String section = text.substring(0, end);
        text.delete(0, end);
        return section;
    }

    /** Bytes read so far. */
    long read() {
        return read;
    }

    /** Where a section of at most {@link #most} ends: before the last line end in its second half. */
    private int end() {
        for (int i = most - 1; i > most / 2; i--) {
            if (text.charAt(i) == '\n' && !Character.isWhitespace(text.charAt(i - 1))) {
                return i;
            }
        }
        return Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    }

    private void fill() throws IOException {
        bytes.compact();
        int got = in.read(bytes.array(), bytes.position(), bytes.remaining());
        ended = got < 0;
        read += Math.max(0, got);
        bytes.position(bytes.position() + Math.max(0, got)).flip();
        boolean more = true;
        while (more) {
            CoderResult result = decoder.decode(bytes, chars, ended);
            if (result.isError()) {
                throw new UsageException(path + " is no UTF-8: the byte at offset " + (read - bytes.remaining())
                        + " does not belong there; convert it, with iconv for instance");
            }
            more = result.isOverflow();
            text.append(chars.flip());
            chars.clear();
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}

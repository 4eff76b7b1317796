package dev.tramontane.api.journal;

import dev.tramontane.files.FileBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What an answer's file looks like: a head of 128 bytes, then the answer as JSON. Numbers are little-endian.
 *
 * <pre>
 *     0  8 bytes  "tmanswr\n"
 *     8  u32      version, 1
 *    12  u32      kind, as in {@link AnswerKind}
 *    16  32 bytes the model and all else that decides what follows a token
 *    48  32 bytes the answer's name
 *    80  u64      bytes of the answer
 *    88  u32      CRC-32C of the answer (RFC 3720, B.4)
 *    92  32 bytes zero
 *   124  u32      CRC-32C of the head so far
 * </pre>
 *
 * Checksums find what a disk or a cut has done; they do not tell who wrote a file. Immutable; any thread.
 */
final class JournalFormat {
    static final int HEAD = 128;

    /** Bytes of a file; one that would be larger is not written. */
    static final int MOST_BYTES = 64 << 20;

    private static final int VERSION = 1;
    private static final byte[] MAGIC = "tmanswr\n".getBytes(StandardCharsets.US_ASCII);
    private static final int MARK_BYTES = 32;
    private static final int KIND_AT = 12;
    private static final int MODEL_AT = 16;
    private static final int NAME_AT = 48;
    private static final int SIZE_AT = 80;
    private static final int BODY_SUM_AT = 88;
    private static final int HEAD_SUM_AT = 124;

    private final byte[] model;

    /** @param model 32 bytes that differ wherever what follows the same tokens may */
    JournalFormat(byte[] model) {
        if (model.length != MARK_BYTES) {
            throw new IllegalArgumentException("a model's mark of " + model.length + " bytes");
        }
        this.model = model.clone();
    }

    /** What a head says that was found sound. */
    record Head(AnswerKind kind, int bytes, int checksum) {}

    /**
     * A whole file.
     *
     * @throws IllegalArgumentException when it would have more than {@link #MOST_BYTES}
     */
    ByteBuffer file(AnswerKind kind, AnswerName name, byte[] body) {
        if (body.length > MOST_BYTES - HEAD) {
            throw new IllegalArgumentException("an answer of " + body.length + " bytes is too large for a file");
        }
        ByteBuffer file = ByteBuffer.allocate(HEAD + body.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(MAGIC).putInt(VERSION).putInt(kind.number()).put(model).put(name.bytes());
        file.putLong(body.length).putInt(FileBytes.checksum(ByteBuffer.wrap(body)));
        file.putInt(HEAD_SUM_AT, FileBytes.checksum(file.duplicate().position(0).limit(HEAD_SUM_AT)));
        return file.put(HEAD, body).clear();
    }

    /**
     * Reads a head.
     *
     * @param head as much of it as there is, from position 0
     * @param size bytes of the file
     * @throws JournalException when the file is not what its name promises
     */
    Head head(ByteBuffer head, AnswerName name, long size) {
        ByteBuffer in = head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (in.limit() < HEAD) {
            throw JournalException.damaged("has " + in.limit() + " bytes, fewer than the " + HEAD + " of a head");
        }
        if (!Arrays.equals(FileBytes.copy(in, 0, MAGIC.length), MAGIC)) {
            throw JournalException.damaged("does not begin as an answer's file does");
        }
        int version = in.getInt(MAGIC.length);
        if (version != VERSION) {
            throw JournalException.foreign("is of version " + Integer.toUnsignedString(version) + "; version " + VERSION
                    + " is what this program reads");
        }
        if (FileBytes.checksum(in.duplicate().position(0).limit(HEAD_SUM_AT)) != in.getInt(HEAD_SUM_AT)) {
            throw JournalException.damaged("has a damaged head: its checksum does not fit");
        }
        if (!Arrays.equals(FileBytes.copy(in, MODEL_AT, MARK_BYTES), model)) {
            throw JournalException.foreign("is of another model, or of one under another name");
        }
        if (!Arrays.equals(FileBytes.copy(in, NAME_AT, MARK_BYTES), name.bytes())) {
            throw JournalException.damaged("holds another answer than its name says");
        }
        AnswerKind kind = AnswerKind.of(in.getInt(KIND_AT));
        long bytes = in.getLong(SIZE_AT);
        if (bytes < 0 || bytes > MOST_BYTES - HEAD) {
            throw JournalException.damaged("says it has " + Long.toUnsignedString(bytes)
                    + " bytes of an answer, more than " + (MOST_BYTES - HEAD));
        }
        if (size != HEAD + bytes) {
            throw JournalException.damaged("has " + size + " bytes, expected " + (HEAD + bytes));
        }
        return new Head(kind, (int) bytes, in.getInt(BODY_SUM_AT));
    }

    /**
     * Compares the answer with its checksum.
     *
     * @throws JournalException when it is damaged
     */
    static void check(Head head, ByteBuffer body) {
        if (body.remaining() != head.bytes() || FileBytes.checksum(body) != head.checksum()) {
            throw JournalException.damaged("has a damaged answer: its checksum does not fit");
        }
    }
}

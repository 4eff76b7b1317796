package dev.tramontane.snapshots;

import dev.tramontane.files.FileBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a page file looks like: a head of 128 bytes, then pages as they lay in the cache. Numbers are little-endian.
 *
 * <pre>
 *     0  8 bytes  "tmpages\n"
 *     8  u32      version, 1
 *    12  u32      groups of layers of which there are pages, a bit each
 *    16  32 bytes the model and all else that decides what pages contain
 *    48  32 bytes the block's name
 *    80  u64      bytes of all pages
 *    88  u32      CRC-32C of the pages (RFC 3720, B.4)
 *    92  32 bytes zero
 *   124  u32      CRC-32C of the head so far
 * </pre>
 *
 * Checksums find what a disk or a cut has done; they do not tell who wrote a file. Immutable; any thread.
 */
final class PageFormat {
    static final int HEAD = 128;
    private static final int VERSION = 1;
    private static final byte[] MAGIC = "tmpages\n".getBytes(StandardCharsets.US_ASCII);
    private static final int NAME_BYTES = 32;
    private static final int MODEL_AT = 16;
    private static final int NAME_AT = 48;
    private static final int SIZE_AT = 80;
    private static final int PAGES_SUM_AT = 88;
    private static final int HEAD_SUM_AT = 124;

    /** What a head says that was found sound. */
    record Head(int groups, int bytes, int checksum) {}

    private final byte[] model;
    private final long[] pageBytes;

    /**
     * @param model 32 bytes that differ wherever pages may
     * @param pageBytes of a page of each group; together below 2 GiB
     */
    PageFormat(byte[] model, long[] pageBytes) {
        if (model.length != NAME_BYTES || Arrays.stream(pageBytes).sum() > Integer.MAX_VALUE - HEAD) {
            throw new IllegalArgumentException("a model's mark of " + model.length + " bytes, pages of "
                    + Arrays.stream(pageBytes).sum());
        }
        this.model = model.clone();
        this.pageBytes = pageBytes.clone();
    }

    /** Bytes of a page of every group. */
    int blockBytes() {
        return (int) Arrays.stream(pageBytes).sum();
    }

    /** Bytes of a page of each of these groups. */
    int bytes(int groups) {
        long sum = 0;
        for (int group = 0; group < pageBytes.length; group++) {
            sum += (groups >>> group & 1) * pageBytes[group];
        }
        return (int) sum;
    }

    /** @param pages from position to limit; they stay */
    ByteBuffer head(String name, int groups, ByteBuffer pages) {
        ByteBuffer head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN);
        head.put(MAGIC)
                .putInt(VERSION)
                .putInt(groups)
                .put(model)
                .put(HexFormat.of().parseHex(name));
        head.putLong(pages.remaining()).putInt(FileBytes.checksum(pages));
        return head.putInt(
                        HEAD_SUM_AT,
                        FileBytes.checksum(head.duplicate().position(0).limit(HEAD_SUM_AT)))
                .clear();
    }

    /**
     * Reads a head.
     *
     * @param head as much of it as there is, from position 0
     * @param size bytes of the file
     * @throws PageFileException when the file is not what its name promises
     */
    Head read(ByteBuffer head, String name, long size) {
        ByteBuffer in = head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (in.limit() < HEAD) {
            throw new PageFileException("has " + in.limit() + " bytes, fewer than the " + HEAD + " of a head");
        }
        if (!Arrays.equals(FileBytes.copy(in, 0, MAGIC.length), MAGIC)) {
            throw new PageFileException("does not begin as a page file does");
        }
        int version = in.getInt(MAGIC.length);
        if (version != VERSION) {
            throw new PageFileException("is of version " + Integer.toUnsignedString(version) + "; version " + VERSION
                    + " is what this program reads");
        }
        if (FileBytes.checksum(in.duplicate().position(0).limit(HEAD_SUM_AT)) != in.getInt(HEAD_SUM_AT)) {
            throw new PageFileException("has a damaged head: its checksum does not fit");
        }
        if (!Arrays.equals(FileBytes.copy(in, MODEL_AT, NAME_BYTES), model)) {
            throw new PageFileException("is of another model, or one with other settings");
        }
        if (!HexFormat.of().formatHex(FileBytes.copy(in, NAME_AT, NAME_BYTES)).equals(name)) {
            throw new PageFileException("holds another block than its name says");
        }
        int groups = in.getInt(MAGIC.length + Integer.BYTES);
        if (groups == 0 || groups >>> pageBytes.length != 0) {
            throw new PageFileException("has pages of groups of layers that the model lacks");
        }
        long bytes = in.getLong(SIZE_AT);
        if (bytes != bytes(groups)) {
            throw new PageFileException(
                    "says it has " + Long.toUnsignedString(bytes) + " bytes of pages, expected " + bytes(groups));
        }
        if (size != HEAD + bytes) {
            throw new PageFileException("has " + size + " bytes, expected " + (HEAD + bytes));
        }
        return new Head(groups, (int) bytes, in.getInt(PAGES_SUM_AT));
    }

    /**
     * Compares the pages with their checksum.
     *
     * @param pages from position to limit; they stay
     * @throws PageFileException when they are damaged
     */
    static void check(Head head, ByteBuffer pages) {
        if (pages.remaining() != head.bytes() || FileBytes.checksum(pages) != head.checksum()) {
            throw new PageFileException("has damaged pages: their checksum does not fit");
        }
    }
}

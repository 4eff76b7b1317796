package dev.tramontane.weights;

import java.lang.foreign.MemorySegment;
import java.util.AbstractList;
import java.util.RandomAccess;

/**
 * An array of strings that stays in the mapped file: 4 bytes of heap per element, a string is decoded whenever it is
 * asked for. Vocabularies have 130,000 strings and merges 280,000. Lives as long as the file is open; any thread.
 */
final class GgufStrings extends AbstractList<String> implements RandomAccess {
    private final String file;
    private final String key;
    private final MemorySegment bytes;
    private final long base;

    /** Start of each string's text relative to {@code base}; its length stands in the 8 bytes before. */
    private final int[] starts;

    /** Its end, relative to {@code base}. */
    private final int end;

    /** @param entry an array of strings that the parser has walked through once: all lengths hold */
    GgufStrings(String file, String key, MemorySegment bytes, GgufMetadata.Entry entry) {
        this.file = file;
        this.key = key;
        this.bytes = bytes;
        this.base = entry.offset();
        this.end = Math.toIntExact(entry.bytes());
        this.starts = new int[Math.toIntExact(entry.count())];
        GgufCursor cursor = new GgufCursor(file, bytes, base);
        for (int i = 0; i < starts.length; i++) {
            starts[i] = (int) (cursor.position() - base) + Long.BYTES;
            cursor.skipString("the array", key, GgufParser.MAX_STRING_BYTES);
        }
    }

    @Override
    public String get(int index) {
        int start = starts[index];
        int stop = index + 1 < starts.length ? starts[index + 1] - Long.BYTES : end;
        return GgufCursor.decode(file, bytes, base + start, stop - start, "element " + index + " of", key);
    }

    @Override
    public int size() {
        return starts.length;
    }
}

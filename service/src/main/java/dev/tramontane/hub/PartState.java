package dev.tramontane.hub;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which segments of a file are there, noted beside it so that another process goes on. Written when a segment is on the
 * disk. Guarded by itself.
 */
final class PartState {
    private static final int MOST = 1 << 20;
    private static final int MOST_SEGMENTS = 1 << 16;

    private final Path file;
    private final long bytes;
    private final long segment;
    private final String etag;
    private final BitSet done = new BitSet();

    /**
     * @param file of the note
     * @param bytes of the whole
     * @param segment bytes of each but the last
     * @param etag of the file at its server; empty where it said none
     */
    PartState(Path file, long bytes, long segment, String etag) {
        this.file = file;
        this.bytes = bytes;
        this.segment = segment;
        this.etag = etag;
    }

    /** What was noted of the same file, if there is any such note. */
    static Optional<PartState> read(Path file, long bytes, String etag) throws IOException {
        return read(file).filter(state -> state.bytes == bytes && state.etag.equals(etag));
    }

    /** Bytes that a note says are there of a file of so many; 0 where it says nothing. */
    static long noted(Path file, long bytes) throws IOException {
        Optional<PartState> state = read(file);
        return state.isPresent() && state.get().bytes == bytes ? state.get().present() : 0;
    }

    private static Optional<PartState> read(Path file) throws IOException {
        Optional<byte[]> json = Folders.small(file, MOST);
        try {
            return json.map(
                    bytes -> JsonDocument.read(bytes, "a note", JsonDocument.SMALL, object -> of(file, object)));
        } catch (HubException damaged) {
            return Optional.empty(); // It begins anew.
        }
    }

    private static PartState of(Path file, Map<String, @Nullable Object> object) {
        PartState state = new PartState(
                file,
                JsonDocument.whole(object, "bytes", Long.MAX_VALUE),
                Math.max(1, JsonDocument.whole(object, "segment", Long.MAX_VALUE)),
                JsonDocument.string(object, "etag"));
        String marks = JsonDocument.string(object, "done");
        if (state.bytes / state.segment >= MOST_SEGMENTS || marks.length() != state.segments()) {
            throw new InvalidJsonException("done", "done must be as long as there are segments");
        }
        for (int i = 0; i < marks.length(); i++) {
            state.done.set(i, marks.charAt(i) == '1');
        }
        return state;
    }

    int segments() {
        return Math.toIntExact((bytes + segment - 1) / segment);
    }

    String etag() {
        return etag;
    }

    long from(int index) {
        return index * segment;
    }

    /** Behind its last byte. */
    long to(int index) {
        return Math.min(bytes, from(index) + segment);
    }

    synchronized boolean has(int index) {
        return done.get(index);
    }

    /** Bytes of the segments that are there. */
    synchronized long present() {
        return done.stream().mapToLong(index -> to(index) - from(index)).sum();
    }

    /** Behind the last byte that is there. */
    synchronized long end() {
        return done.isEmpty() ? 0 : to(done.length() - 1);
    }

    /** Notes that a segment is there. */
    synchronized void add(int index) throws IOException {
        done.set(index);
        write();
    }

    /** Writes the note, first of all before there is anything. */
    synchronized void write() throws IOException {
        StringBuilder marks = new StringBuilder();
        for (int i = 0; i < segments(); i++) {
            marks.append(done.get(i) ? '1' : '0');
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("bytes", bytes);
        object.put("segment", segment);
        object.put("etag", etag);
        object.put("done", marks.toString());
        new SharedDirectory(Objects.requireNonNull(file.toAbsolutePath().getParent()))
                .write(file, ByteBuffer.wrap(JsonTree.bytes(object)));
    }
}

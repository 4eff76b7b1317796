package dev.tramontane.hub;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.json.JsonTree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A tar file under way, on the disk in pieces: each member in a file of its own, what stands between them in another, and a
 * note that says how far all this goes. So what has come can be read again as it came, and nothing of it lies there twice. One
 * thread.
 */
final class TarScratch implements AutoCloseable {
    /** Before a piece of what stands between: its length, and that of the member behind it. */
    static final int FRAME = Integer.BYTES + Long.BYTES;

    /** In place of a member's length. */
    static final long DIRECTORY = -1;

    private static final String NOTE = "note.json";
    private static final int MOST_NOTE = 1 << 16;

    private final Path folder;
    private @Nullable FileChannel between;

    TarScratch(Path folder) {
        this.folder = folder;
    }

    /**
     * What is on the disk.
     *
     * @param bytes of the whole tar file
     * @param etag of it at its server; empty where it said none
     * @param offset behind the last byte of it that is there
     * @param between bytes that belong to that, of the file of what stands between members
     * @param sha256 of the first {@code offset} bytes of the tar file
     */
    record Noted(long bytes, String etag, long offset, long between, String sha256) {}

    /** What is noted, if it is of a file of so many bytes; empty where nothing is, or nothing that is understood. */
    static Optional<Noted> noted(Path folder, long bytes) throws IOException {
        Optional<byte[]> json = Folders.small(folder.resolve(NOTE), MOST_NOTE);
        try {
            return json.map(text -> JsonDocument.read(text, "a note", JsonDocument.SMALL, TarScratch::read))
                    .filter(noted -> noted.bytes() == bytes && noted.offset() <= bytes);
        } catch (HubException damaged) {
            return Optional.empty(); // It begins anew.
        }
    }

    private static Noted read(Map<String, @Nullable Object> object) {
        return new Noted(
                JsonDocument.whole(object, "bytes", Long.MAX_VALUE),
                JsonDocument.string(object, "etag"),
                JsonDocument.whole(object, "offset", Long.MAX_VALUE),
                JsonDocument.whole(object, "between", Long.MAX_VALUE),
                JsonDocument.string(object, "sha256"));
    }

    /** Makes it ready to go on behind what is noted; null to begin anew. */
    void open(@Nullable Noted noted) throws IOException {
        if (noted == null) {
            Folders.remove(folder);
        }
        Files.createDirectories(folder);
        Folders.remove(segments());
        Files.createDirectory(segments());
        FileChannel file = FileChannel.open(between(folder), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        between = file;
        file.truncate(noted == null ? 0 : noted.between());
        file.position(file.size());
    }

    /** What is noted, as it came. */
    InputStream replay(Noted noted) throws IOException {
        return new TarReplay(folder, noted);
    }

    static Path between(Path folder) {
        return folder.resolve("between");
    }

    Path folder() {
        return folder;
    }

    /** Where segments lie until they are read. */
    Path segments() {
        return folder.resolve("segments");
    }

    /**
     * Keeps what stood before a member.
     *
     * @param member its bytes, or {@link #DIRECTORY}
     */
    void add(byte[] piece, long member) throws IOException {
        FileChannel file = opened();
        ByteBuffer frame = ByteBuffer.allocate(FRAME + piece.length)
                .putInt(piece.length)
                .putLong(member)
                .put(piece)
                .flip();
        while (frame.hasRemaining()) {
            file.write(frame);
        }
    }

    /** Notes that the tar file is there up to {@code offset}; its members are on the disk already. */
    void note(long bytes, String etag, long offset, String sha256) throws IOException {
        FileChannel file = opened();
        file.force(false);
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("bytes", bytes);
        object.put("etag", etag);
        object.put("offset", offset);
        object.put("between", file.position());
        object.put("sha256", sha256);
        new SharedDirectory(folder).write(folder.resolve(NOTE), ByteBuffer.wrap(JsonTree.bytes(object)));
    }

    private FileChannel opened() {
        FileChannel file = between;
        if (file == null) {
            throw new IllegalStateException("not opened");
        }
        return file;
    }

    /** Takes all of it away. */
    void remove() throws IOException {
        close();
        Folders.remove(folder);
    }

    @Override
    public void close() throws IOException {
        if (between != null) {
            between.close();
        }
    }
}

package dev.tramontane.snapshots;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.UUID;

/**
 * The directory of page files, which several processes may share: a file is there whole or not at all, since it is renamed
 * into place. A file's time is that of its last use. Blocks; one thread reads and another writes.
 */
final class PageDirectory {
    static final String SUFFIX = ".pages";

    /** Of a file that is being written. */
    static final String PART = ".part";

    private static final FileAttribute<?> OWN_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> OWN_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> WRITE = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

    private final Path directory;
    private final PageFormat format;
    private final String mark;

    /**
     * @param directory created when it is not there, for its owner alone
     * @param model as for {@link PageFormat}
     * @throws IOException when it can be neither used nor made
     */
    PageDirectory(Path directory, PageFormat format, byte[] model) throws IOException {
        this.directory = directory.toAbsolutePath();
        this.format = format;
        mark = HexFormat.of().formatHex(model, 0, 8);
        if (!Files.isDirectory(this.directory)) {
            Files.createDirectories(this.directory, OWN_DIRECTORY);
        }
    }

    /** Where a block is, or would be. Blocks of other models have other names. */
    Path path(String name) {
        return directory.resolve(name + "-" + mark + SUFFIX);
    }

    Path directory() {
        return directory;
    }

    /**
     * Which groups a block has pages of.
     *
     * @return 0 when it is not there
     * @throws PageFileException when its file is not what its name promises
     */
    int look(String name) throws IOException {
        try (FileChannel file = open(path(name))) {
            return format.read(head(file), name, file.size()).groups();
        } catch (NoSuchFileException absent) {
            return 0;
        }
    }

    /** Whether there is a sound head of a block with pages of these groups at least; finding it counts as a use. */
    boolean has(String name, int groups) throws IOException {
        try {
            if ((look(name) & groups) != groups) {
                return false;
            }
            Files.setLastModifiedTime(path(name), FileTime.from(Instant.now()));
            return true;
        } catch (PageFileException refused) { // To be written over.
            return false;
        } catch (NoSuchFileException removed) {
            return false;
        }
    }

    /**
     * Reads a block, which counts as a use of it.
     *
     * @param into large enough for all groups; on success its pages lie from position 0 to the limit
     * @return the groups it has pages of; 0 when it is not there
     * @throws PageFileException when its file is not what its name promises
     */
    int read(String name, ByteBuffer into) throws IOException {
        Path path = path(name);
        try (FileChannel file = open(path)) {
            PageFormat.Head head = format.read(head(file), name, file.size());
            into.clear().limit(head.bytes());
            fill(file, into, PageFormat.HEAD);
            into.flip();
            PageFormat.check(head, into);
            Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
            return head.groups();
        } catch (NoSuchFileException absent) {
            return 0;
        }
    }

    /**
     * Writes a block.
     *
     * @return bytes of the file
     */
    long write(String name, int groups, ByteBuffer pages) throws IOException {
        Path part = directory.resolve(UUID.randomUUID() + PART);
        try {
            ByteBuffer head = format.head(name, groups, pages);
            long bytes = (long) head.remaining() + pages.remaining();
            try (FileChannel file = FileChannel.open(part, WRITE, OWN_FILE)) {
                writeAll(file, head);
                writeAll(file, pages);
            }
            Files.move(part, path(name), StandardCopyOption.ATOMIC_MOVE);
            return bytes;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Removes a file that was refused, so that the block is written anew. What is no file stays. */
    void remove(String name) throws IOException {
        Path path = path(name);
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(path);
        }
    }

    /** Nothing but a file is opened: a pipe would never answer, and a link leads elsewhere. */
    private static FileChannel open(Path path) throws IOException {
        BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()) {
            throw new PageFileException("is "
                    + (found.isDirectory()
                            ? "a directory"
                            : found.isSymbolicLink() ? "a symbolic link" : "a device or pipe")
                    + ", not a file");
        }
        return FileChannel.open(path, READ);
    }

    private static ByteBuffer head(FileChannel file) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(PageFormat.HEAD);
        fill(file, head, 0);
        return head.flip();
    }

    /** As far as the file goes. */
    private static void fill(FileChannel file, ByteBuffer into, long from) throws IOException {
        long at = from;
        while (into.hasRemaining()) {
            int count = file.read(into, at);
            if (count < 0) {
                return;
            }
            at += count;
        }
    }

    private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int written = file.write(bytes);
            if (written < 0) {
                throw new IOException("a file takes no more bytes");
            }
        }
    }
}

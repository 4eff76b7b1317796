package dev.tramontane.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A directory that several processes may share: a file is there whole or not at all, since it is renamed into place. Blocks; any
 * thread.
 */
public final class SharedDirectory {
    /** Of a file that is being written. */
    public static final String PART = ".part";

    /** A part older than this was left by a process that died. */
    private static final Duration ABANDONED = Duration.ofHours(1);

    private static final FileAttribute<?> OWN_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> OWN_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> WRITE = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

    private final Path directory;

    /** A file, and when it was last written or said to be used. */
    public record Entry(Path path, long bytes, Instant time) {}

    /**
     * @param directory created when it is not there, for its owner alone
     * @throws IOException when it can be neither used nor made
     */
    public SharedDirectory(Path directory) throws IOException {
        this.directory = directory.toAbsolutePath();
        if (!Files.isDirectory(this.directory)) {
            Files.createDirectories(this.directory, OWN_DIRECTORY);
        }
    }

    public Path path() {
        return directory;
    }

    /** Where a file of that name is, or would be. */
    public Path path(String name) {
        return directory.resolve(name);
    }

    /**
     * Writes a file, in place of the one that is there.
     *
     * @param pieces from position to limit, one behind the other
     * @return bytes of the file
     */
    public long write(Path target, ByteBuffer... pieces) throws IOException {
        Path part = directory.resolve(UUID.randomUUID() + PART);
        try {
            long bytes = 0;
            try (FileChannel file = FileChannel.open(part, WRITE, OWN_FILE)) {
                for (ByteBuffer piece : pieces) {
                    bytes += piece.remaining();
                    writeAll(file, piece);
                }
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            return bytes;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (file.write(bytes) < 0) {
                throw new IOException("a file takes no more bytes");
            }
        }
    }

    /**
     * Opens a file, and nothing but a file: a pipe would never answer, and a link leads elsewhere.
     *
     * @param refusal made of what is there in its place, in words that go on after its name
     * @throws NoSuchFileException when nothing is there
     */
    public static FileChannel open(Path path, Function<String, ? extends RuntimeException> refusal) throws IOException {
        BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()) {
            throw refusal.apply("is "
                    + (found.isDirectory()
                            ? "a directory"
                            : found.isSymbolicLink() ? "a symbolic link" : "a device or pipe")
                    + ", not a file");
        }
        return FileChannel.open(path, READ);
    }

    /** Removes a file. What is no file stays. */
    public static void remove(Path path) throws IOException {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(path);
        }
    }

    /** The files with these endings, in no order. Parts that a process left behind are removed. */
    public List<Entry> entries(Instant now, String... endings) throws IOException {
        List<Entry> entries = new ArrayList<>();
        Instant abandoned = now.minus(ABANDONED);
        String ours = "*{" + String.join(",", endings) + "," + PART + "}";
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ours)) {
            for (Path file : files) {
                Entry entry = entry(file);
                if (entry == null) {
                    continue;
                }
                if (!file.toString().endsWith(PART)) {
                    entries.add(entry);
                } else if (entry.time().isBefore(abandoned)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (DirectoryIteratorException failed) {
            throw new UncheckedIOException(failed.getCause());
        }
        return entries;
    }

    /** Null for what is no file of ours, or none any more. */
    private static @Nullable Entry entry(Path file) throws IOException {
        try {
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return found.isRegularFile()
                    ? new Entry(file, found.size(), found.lastModifiedTime().toInstant())
                    : null;
        } catch (NoSuchFileException another) { // A process that shares the directory was faster.
            return null;
        }
    }
}

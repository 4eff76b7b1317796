package dev.tramontane.api.journal;

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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The directory of answers, which several processes may share: a file is there whole or not at all, since it is renamed into
 * place, and it is one process's that has renamed it away. Blocks; any thread.
 */
final class AnswerDirectory {
    static final String SUFFIX = ".answer";

    /** Of a file that a process goes on with, and removes once its engine has taken the answer. */
    static final String TAKEN = ".taken";

    /** Of a file that is being written. */
    static final String PART = ".part";

    private static final FileAttribute<?> OWN_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> OWN_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> WRITE = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

    private final Path directory;
    private final JournalFormat format;

    /** An answer's bytes and what they are. */
    record Found(AnswerKind kind, byte[] body) {}

    /**
     * @param directory created when it is not there, for its owner alone
     * @throws IOException when it can be neither used nor made
     */
    AnswerDirectory(Path directory, JournalFormat format) throws IOException {
        this.directory = directory.toAbsolutePath();
        this.format = format;
        if (!Files.isDirectory(this.directory)) {
            Files.createDirectories(this.directory, OWN_DIRECTORY);
        }
    }

    Path directory() {
        return directory;
    }

    /** Where an answer lies for whoever comes first. */
    Path path(AnswerName name) {
        return directory.resolve(name.hex() + SUFFIX);
    }

    private Path taken(AnswerName name) {
        return directory.resolve(name.hex() + TAKEN);
    }

    /** Whether an answer lies there, sound or not. */
    boolean has(AnswerName name) {
        return Files.isRegularFile(path(name), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Writes an answer.
     *
     * @return bytes of the file
     */
    long write(AnswerKind kind, AnswerName name, byte[] body) throws IOException {
        Path part = directory.resolve(UUID.randomUUID() + PART);
        try {
            ByteBuffer file = format.file(kind, name, body);
            long bytes = file.remaining();
            try (FileChannel out = FileChannel.open(part, WRITE, OWN_FILE)) {
                while (file.hasRemaining()) {
                    out.write(file);
                }
            }
            Files.move(part, path(name), StandardCopyOption.ATOMIC_MOVE);
            return bytes;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /**
     * Takes an answer away from everybody else, until {@link #done} or {@link #giveBack}. What is another's by its head is left
     * where it is.
     *
     * @return null when there is none, or another process was faster
     * @throws JournalException when its file is not what its name promises
     */
    @Nullable
    Found take(AnswerName name) throws IOException {
        try {
            read(path(name), name, true); // Nobody misses a file for the moment in which it is found to be another's.
            Files.move(path(name), taken(name), StandardCopyOption.ATOMIC_MOVE);
            return read(taken(name), name, false);
        } catch (NoSuchFileException another) {
            return null;
        }
    }

    private Found read(Path path, AnswerName name, boolean headOnly) throws IOException {
        try (FileChannel file = open(path)) {
            ByteBuffer head = ByteBuffer.allocate(JournalFormat.HEAD);
            fill(file, head, 0);
            JournalFormat.Head sound = format.head(head.flip(), name, file.size());
            if (headOnly) {
                return new Found(sound.kind(), new byte[0]);
            }
            ByteBuffer body = ByteBuffer.allocate(sound.bytes());
            fill(file, body, JournalFormat.HEAD);
            JournalFormat.check(sound, body.flip());
            return new Found(sound.kind(), body.array());
        }
    }

    /** The answer goes on here. */
    void done(AnswerName name) throws IOException {
        Files.deleteIfExists(taken(name));
    }

    /** The answer does not go on here, and is anybody's again. */
    void giveBack(AnswerName name) throws IOException {
        Files.move(taken(name), path(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes a file that was refused, or is not wanted any more. What is no file stays. */
    void remove(AnswerName name) throws IOException {
        for (Path path : new Path[] {path(name), taken(name)}) {
            if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** Nothing but a file is opened: a pipe would never answer, and a link leads elsewhere. */
    private static FileChannel open(Path path) throws IOException {
        BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()) {
            throw JournalException.damaged("is "
                    + (found.isDirectory()
                            ? "a directory"
                            : found.isSymbolicLink() ? "a symbolic link" : "a device or pipe")
                    + ", not a file");
        }
        return FileChannel.open(path, READ);
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
}

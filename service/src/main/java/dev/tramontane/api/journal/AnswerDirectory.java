package dev.tramontane.api.journal;

import dev.tramontane.files.FileBytes;
import dev.tramontane.files.SharedDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * The directory of answers, which several processes may share: a file is there whole or not at all, since it is renamed into
 * place, and it is one process's that has renamed it away. Blocks; any thread.
 */
final class AnswerDirectory {
    static final String SUFFIX = ".answer";

    /** Of a file that a process goes on with, and removes once its engine has taken the answer. */
    static final String TAKEN = ".taken";

    private final SharedDirectory files;
    private final JournalFormat format;

    /** An answer's bytes and what they are. */
    record Found(AnswerKind kind, byte[] body) {}

    /**
     * @param directory created when it is not there, for its owner alone
     * @throws IOException when it can be neither used nor made
     */
    AnswerDirectory(Path directory, JournalFormat format) throws IOException {
        files = new SharedDirectory(directory);
        this.format = format;
    }

    SharedDirectory files() {
        return files;
    }

    /** Where an answer lies for whoever comes first. */
    Path path(AnswerName name) {
        return files.path(name.hex() + SUFFIX);
    }

    private Path taken(AnswerName name) {
        return files.path(name.hex() + TAKEN);
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
        return files.write(path(name), format.file(kind, name, body));
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
            return readTaken(name);
        } catch (NoSuchFileException another) {
            return null;
        }
    }

    private Found readTaken(AnswerName name) throws IOException {
        try {
            return read(taken(name), name, false);
        } catch (IOException | Error unread) { // It may be sound all the same.
            try {
                giveBack(name);
            } catch (IOException again) {
                unread.addSuppressed(again);
            }
            throw unread;
        }
    }

    private Found read(Path path, AnswerName name, boolean headOnly) throws IOException {
        try (FileChannel file = SharedDirectory.open(path, JournalException::damaged)) {
            JournalFormat.Head sound = format.head(FileBytes.head(file, JournalFormat.HEAD), name, file.size());
            if (headOnly) {
                return new Found(sound.kind(), new byte[0]);
            }
            ByteBuffer body = ByteBuffer.allocate(sound.bytes());
            FileBytes.fill(file, body, JournalFormat.HEAD);
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
        SharedDirectory.remove(path(name));
        SharedDirectory.remove(taken(name));
    }
}

package dev.tramontane.api.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a directory of answers within its bytes and their time: those go that were written longest ago, whoever's they are. Every
 * process that shares the directory does this. Blocks; one thread at a time.
 */
final class AnswerLimit {
    /** A part older than this was left by a process that died. */
    private static final Duration ABANDONED = Duration.ofHours(1);

    private final Path directory;
    private final long limit;
    private final Duration kept;
    private long counted;

    private record Entry(Path path, long bytes, Instant written) {}

    /**
     * @param limit bytes of all files
     * @param kept how long a file is kept
     */
    AnswerLimit(Path directory, long limit, Duration kept) {
        this.directory = directory;
        this.limit = limit;
        this.kept = kept;
    }

    /** So many bytes were written. Removes what is too much for that. */
    void written(long bytes) throws IOException {
        counted += bytes;
        if (counted > limit) {
            enforce(Instant.now());
        }
    }

    /** Counts all, and removes what is too old or too much. */
    void enforce(Instant now) throws IOException {
        List<Entry> entries = entries(now);
        entries.sort(Comparator.comparing(Entry::written));
        long bytes = entries.stream().mapToLong(Entry::bytes).sum();
        for (Entry entry : entries) {
            if (bytes > limit || entry.written().isBefore(now.minus(kept))) {
                Files.deleteIfExists(entry.path());
                bytes -= entry.bytes();
            }
        }
        counted = bytes;
    }

    private List<Entry> entries(Instant now) throws IOException {
        List<Entry> entries = new ArrayList<>();
        Instant abandoned = now.minus(ABANDONED);
        String ours = "*{" + AnswerDirectory.SUFFIX + "," + AnswerDirectory.TAKEN + "," + AnswerDirectory.PART + "}";
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ours)) {
            for (Path file : files) {
                Entry entry = entry(file);
                if (entry == null) {
                    continue;
                }
                if (!file.toString().endsWith(AnswerDirectory.PART)) {
                    entries.add(entry);
                } else if (entry.written().isBefore(abandoned)) {
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

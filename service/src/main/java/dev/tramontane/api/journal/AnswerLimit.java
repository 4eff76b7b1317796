package dev.tramontane.api.journal;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.files.SharedDirectory.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps a directory of answers within its bytes and their time: those go that were written longest ago, whoever's they are. Every
 * process that shares the directory does this. Blocks; one thread at a time.
 */
final class AnswerLimit {
    private final SharedDirectory directory;
    private final long limit;
    private final Duration kept;
    private long counted;

    /**
     * @param limit bytes of all files
     * @param kept how long a file is kept
     */
    AnswerLimit(SharedDirectory directory, long limit, Duration kept) {
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
        List<Entry> entries = directory.entries(now, AnswerDirectory.SUFFIX, AnswerDirectory.TAKEN);
        entries.sort(Comparator.comparing(Entry::time));
        long bytes = entries.stream().mapToLong(Entry::bytes).sum();
        for (Entry entry : entries) {
            if (bytes > limit || entry.time().isBefore(now.minus(kept))) {
                Files.deleteIfExists(entry.path());
                bytes -= entry.bytes();
            }
        }
        counted = bytes;
    }
}

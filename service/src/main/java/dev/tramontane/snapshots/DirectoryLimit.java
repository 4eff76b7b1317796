package dev.tramontane.snapshots;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.files.SharedDirectory.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps a directory of page files within its bytes: those go that were used longest ago, whoever's they are. Every
 * process that shares the directory does this, so what others write is counted, if late. The writer's thread only.
 */
final class DirectoryLimit {
    /** After so much of the limit was written, everything is counted again. */
    private static final int COUNTS_PER_LIMIT = 16;

    private final SharedDirectory directory;
    private final long limit;
    private final SnapshotObserver observer;
    private long counted;
    private long since;

    DirectoryLimit(SharedDirectory directory, long limit, SnapshotObserver observer) {
        this.directory = directory;
        this.limit = limit;
        this.observer = observer;
    }

    /** So many bytes were written. */
    void written(long bytes) throws IOException {
        since += bytes;
        if (counted + since > limit || since > limit / COUNTS_PER_LIMIT) {
            enforce();
        }
    }

    /** Counts all, and removes what is too much: a little more, so that not every write has to. */
    void enforce() throws IOException {
        List<Entry> entries = directory.entries(Instant.now(), PageDirectory.SUFFIX);
        long bytes = entries.stream().mapToLong(Entry::bytes).sum();
        int removed = 0;
        if (bytes > limit) {
            entries.sort(Comparator.comparing(Entry::time));
            long goal = limit - limit / COUNTS_PER_LIMIT;
            for (int i = 0; i < entries.size() && bytes > goal; i++) {
                Files.deleteIfExists(entries.get(i).path());
                bytes -= entries.get(i).bytes();
                removed++;
            }
        }
        counted = bytes;
        since = 0;
        observer.occupied(bytes);
        if (removed > 0) {
            observer.removed(removed);
        }
    }
}

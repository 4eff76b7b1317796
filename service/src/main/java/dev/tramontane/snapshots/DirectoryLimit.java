package dev.tramontane.snapshots;

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
 * Keeps a directory of page files within its bytes: those go that were used longest ago, whoever's they are. Every
 * process that shares the directory does this, so what others write is counted, if late. The writer's thread only.
 */
final class DirectoryLimit {
    /** A part older than this was left by a process that died. */
    private static final Duration ABANDONED = Duration.ofHours(1);

    /** After so much of the limit was written, everything is counted again. */
    private static final int COUNTS_PER_LIMIT = 16;

    private final Path directory;
    private final long limit;
    private final SnapshotObserver observer;
    private long counted;
    private long since;

    private record Entry(Path path, long bytes, Instant used) {}

    DirectoryLimit(Path directory, long limit, SnapshotObserver observer) {
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
        List<Entry> entries = entries();
        long bytes = entries.stream().mapToLong(Entry::bytes).sum();
        int removed = 0;
        if (bytes > limit) {
            entries.sort(Comparator.comparing(Entry::used));
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

    private List<Entry> entries() throws IOException {
        List<Entry> entries = new ArrayList<>();
        Instant abandoned = Instant.now().minus(ABANDONED);
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(directory, "*{" + PageDirectory.SUFFIX + "," + PageDirectory.PART + "}")) {
            for (Path file : files) {
                Entry entry = entry(file);
                if (entry == null) {
                    continue;
                }
                if (file.toString().endsWith(PageDirectory.PART)) {
                    if (entry.used().isBefore(abandoned)) {
                        Files.deleteIfExists(file);
                    }
                } else {
                    entries.add(entry);
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

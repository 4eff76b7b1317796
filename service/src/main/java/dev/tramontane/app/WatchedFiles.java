package dev.tramontane.app;

import dev.tramontane.metrics.FileMetrics;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has files read anew when they have changed. They are looked at, not listened to: that also tells of files on other
 * machines, and of those that Kubernetes exchanges by a link. What has changed is read once two looks have found it alike, so
 * that nobody's half-written file counts; what cannot be used is told once, and what was there before stays in force.
 */
final class WatchedFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedFiles.class);
    private static final long SECONDS = 1;

    /** Reads files. */
    @FunctionalInterface
    interface Reader {
        /**
         * @return puts what was read in the place of what was before
         * @throws Exception saying what is wrong with it; the message is logged, so it holds no secret
         */
        Runnable read() throws Exception;
    }

    /** What tells one state of a file from the next. Absent: there is none, or it can't be looked at. */
    private record Stamp(long modifiedNanos, long size, Object file) {
        static Optional<Stamp> of(Path path) {
            try {
                BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
                return Optional.of(new Stamp(
                        now.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                        now.size(),
                        Objects.requireNonNullElse(now.fileKey(), "")));
            } catch (IOException gone) {
                return Optional.empty();
            }
        }
    }

    /** Files that belong together. Guarded by this object. */
    private static final class Watched {
        final String name;
        final List<Path> paths;
        final Reader reader;
        List<Optional<Stamp>> seen;
        List<Optional<Stamp>> judged;

        Watched(String name, List<Path> paths, Reader reader) {
            this.name = name;
            this.paths = paths;
            this.reader = reader;
            seen = stamps();
            judged = seen;
        }

        List<Optional<Stamp>> stamps() {
            return paths.stream().map(Stamp::of).toList();
        }
    }

    private final FileMetrics metrics;
    private final List<Watched> all = new ArrayList<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("tramontane-files").factory());

    WatchedFiles(FileMetrics metrics) {
        this.metrics = metrics;
    }

    /**
     * @param name for the log and for metrics: a word
     * @param paths read together, and read already as they are now
     */
    synchronized void watch(String name, List<Path> paths, Reader reader) {
        all.add(new Watched(name, paths, reader));
        metrics.watched(name);
    }

    /** From now on they are looked at every second. */
    void start() {
        var _ = thread.scheduleWithFixedDelay(this::look, SECONDS, SECONDS, TimeUnit.SECONDS);
    }

    /** Looks once. */
    synchronized void look() {
        for (Watched watched : all) {
            try {
                look(watched);
            } catch (Throwable fault) { // A thread that dies would look no more, and nobody would know.
                LOG.error("the files of {} could not be looked at", watched.name, fault);
            }
        }
    }

    private void look(Watched watched) {
        List<Optional<Stamp>> now = watched.stamps();
        boolean still = now.equals(watched.seen);
        watched.seen = now;
        if (!still || now.equals(watched.judged)) {
            return;
        }
        try {
            Runnable take = watched.reader.read();
            if (!watched.stamps().equals(now)) {
                return; // It changed while it was read.
            }
            take.run();
            metrics.taken(watched.name);
            LOG.info("{} has changed and was read anew", watched.name);
        } catch (Exception wrong) {
            if (!watched.stamps().equals(now)) {
                return;
            }
            metrics.refused(watched.name);
            LOG.error(
                    "{} has changed and is not taken; what was there before stays in force: {}",
                    watched.name,
                    reason(wrong));
        }
        watched.judged = now;
    }

    private static String reason(Exception wrong) {
        return wrong instanceof IOException io ? IoReason.of(io) : String.valueOf(wrong.getMessage());
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

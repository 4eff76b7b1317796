package dev.tramontane.api.journal;

import dev.tramontane.api.ApiException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers in files that processes share. What one could not finish the next one takes: one at a time, whoever comes first. Files
 * are read and written by threads of its own; callers may be on any, and never wait.
 */
public final class Journal {
    private static final int THREADS = 2;
    private static final Duration SWEEP = Duration.ofMinutes(1);

    private final WorkerExecutor workers;
    private final AnswerDirectory files;
    private final AnswerLimit limit;
    private final JournalLog log;
    private final AnswerTaking taking;

    /** Of {@link System#nanoTime}; null while there is time enough. */
    private volatile @Nullable Long writeUntilNanos;

    /** Makes an answer of a file's body go on. */
    public interface Restorer {
        AnswerKind kind();

        /**
         * Reads the body, on a thread that may be slow.
         *
         * @return what lets it go on, called on the caller's context; its future comes when the engine has taken the answer, or
         *     fails with why it has not
         * @throws JournalException when it is not for this process
         * @throws RuntimeException when the body is not what it should be
         */
        Supplier<Future<Void>> read(byte[] body);
    }

    /**
     * Opens a directory, or makes it, and brings it within its limits. Blocks as long as counting files takes.
     *
     * @param model 32 bytes that differ wherever what follows the same tokens may
     * @param mostBytes of all files
     * @param kept how long a file is kept
     * @throws UncheckedIOException when the directory can be neither used nor made
     */
    public Journal(Vertx vertx, Path directory, byte[] model, long mostBytes, Duration kept, JournalObserver observer) {
        try {
            files = new AnswerDirectory(directory, new JournalFormat(model));
            limit = new AnswerLimit(files.files(), mostBytes, kept);
            limit.enforce(Instant.now());
        } catch (IOException unusable) {
            throw new UncheckedIOException(unusable);
        }
        log = new JournalLog(observer);
        workers = vertx.createSharedWorkerExecutor("tramontane-answers", THREADS);
        taking = new AnswerTaking(workers, files, log);
        vertx.setPeriodic(SWEEP.toMillis(), tick -> workers.executeBlocking(this::sweep, false));
    }

    private synchronized @Nullable Void sweep() {
        try {
            limit.enforce(Instant.now());
        } catch (IOException | UncheckedIOException failed) {
            log.failed("the directory of answers could not be counted", failed);
        }
        return null;
    }

    // ---- the end of a process

    /** Takes nothing any more: whatever is taken now would have to be written again. */
    public void close() {
        taking.close();
    }

    /** Writes nothing any more once so much time is over. */
    public void writeFor(Duration time) {
        writeUntilNanos = System.nanoTime() + time.toNanos();
    }

    /**
     * Writes an answer, for whoever comes first. Whatever goes wrong is told in the log.
     *
     * @param body made on a thread that may be slow
     * @return whether it is there
     */
    public Future<Boolean> write(AnswerKind kind, String tenant, String id, Supplier<byte[]> body) {
        return workers.executeBlocking(() -> writeNow(kind, AnswerName.of(tenant, id), body), false)
                .map(written -> Objects.requireNonNull(written));
    }

    private boolean writeNow(AnswerKind kind, AnswerName name, Supplier<byte[]> body) {
        Long until = writeUntilNanos;
        if (until != null && System.nanoTime() - until > 0) {
            return false;
        }
        try {
            long bytes = files.write(kind, name, body.get());
            synchronized (this) {
                limit.written(bytes);
            }
            log.written();
            return files.has(name); // It may have been too much for the directory.
        } catch (IOException | RuntimeException failed) {
            log.failed("an answer could not be written", failed);
            return false;
        }
    }

    /** Nobody is to go on with this answer any more. */
    public void forget(String tenant, String id) {
        AnswerName name = AnswerName.of(tenant, id);
        workers.executeBlocking(
                () -> {
                    try {
                        files.remove(name);
                    } catch (IOException failed) {
                        log.failed("an answer's file could not be removed", failed);
                    }
                    return true;
                },
                false);
    }

    // ---- the next process

    /**
     * Lets an answer go on that lies in the directory. Those who ask for the same one at the same time get the same.
     *
     * @return whether it goes on here now; false when there is none. It fails with an {@link ApiException} when there is one that
     *     cannot go on here
     */
    public Future<Boolean> bring(String tenant, String id, Restorer restorer) {
        return taking.bring(AnswerName.of(tenant, id), restorer);
    }
}

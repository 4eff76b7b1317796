package dev.tramontane.api.journal;

import dev.tramontane.api.ApiException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers in files that processes share. What one could not finish the next one takes: one at a time, whoever comes first. Files
 * are read and written by threads of its own; callers may be on any, and never wait.
 */
public final class Journal {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final int THREADS = 2;

    /** Lookups that may wait for the disk. */
    private static final int MOST_WAITING = 64;

    /** Log lines about files are this far apart at least: a directory may be full of bad ones. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Duration SWEEP = Duration.ofMinutes(1);

    private final WorkerExecutor workers;
    private final AnswerDirectory files;
    private final AnswerLimit limit;
    private final JournalObserver observer;
    private final Semaphore waiting = new Semaphore(MOST_WAITING);
    private final Map<AnswerName, Future<Boolean>> underWay = new ConcurrentHashMap<>();
    private final AtomicLong lastLine = new AtomicLong(System.nanoTime() - QUIET_NANOS);
    private volatile boolean closed;
    private volatile long writeUntilNanos;

    /** Makes an answer of a file's body go on. */
    public interface Restorer {
        AnswerKind kind();

        /**
         * Reads the body, on a thread that may be slow.
         *
         * @return what lets it go on, called on the caller's context; its future comes when the engine has taken the answer, or
         *     fails with why it has not
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
        this.observer = observer;
        workers = vertx.createSharedWorkerExecutor("tramontane-answers", THREADS);
        vertx.setPeriodic(SWEEP.toMillis(), tick -> workers.executeBlocking(this::sweep, false));
    }

    private synchronized @Nullable Void sweep() {
        try {
            limit.enforce(Instant.now());
        } catch (IOException | UncheckedIOException failed) {
            failed("the directory of answers could not be counted", failed);
        }
        return null;
    }

    // ---- the end of a process

    /** Takes nothing any more: whatever is taken now would have to be written again. */
    public void close() {
        closed = true;
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
        if (System.nanoTime() - writeUntilNanos > 0) {
            return false;
        }
        try {
            long bytes = files.write(kind, name, body.get());
            synchronized (this) {
                limit.written(bytes);
            }
            observer.written();
            return files.has(name); // It may have been too much for the directory.
        } catch (IOException | RuntimeException failed) {
            failed("an answer could not be written", failed);
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
                        failed("an answer's file could not be removed", failed);
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
        AnswerName name = AnswerName.of(tenant, id);
        Promise<Boolean> promise = Promise.promise();
        Future<Boolean> before = underWay.putIfAbsent(name, promise.future());
        if (before != null) {
            return before;
        }
        take(name, restorer).onComplete((brought, refused) -> {
            underWay.remove(name);
            if (refused == null) {
                promise.complete(brought);
            } else {
                promise.fail(refused);
            }
        });
        return promise.future();
    }

    private Future<Boolean> take(AnswerName name, Restorer restorer) {
        if (!waiting.tryAcquire()) {
            return Future.failedFuture(ApiException.unavailable(
                    "More answers of earlier servers are asked for than can be looked for at a time. Try again.", 1));
        }
        return workers.<@Nullable Supplier<Future<Void>>>executeBlocking(() -> read(name, restorer), false)
                .onComplete(read -> waiting.release())
                .compose(begin -> begin == null ? Future.succeededFuture(false) : begin(name, begin));
    }

    /** On a worker. Null when there is none. */
    private @Nullable Supplier<Future<Void>> read(AnswerName name, Restorer restorer) {
        if (closed) {
            if (files.has(name)) {
                throw ApiException.unavailable(
                        "The server is shutting down. The answer is there for another one: ask that, or again later.",
                        1);
            }
            return null;
        }
        try {
            AnswerDirectory.Found found = files.take(name);
            if (found == null) {
                return null;
            }
            if (found.kind() != restorer.kind()) {
                files.giveBack(name);
                return null; // Nobody knows it by this path.
            }
            return readBody(found, restorer);
        } catch (JournalException refused) {
            throw refused(name, refused);
        } catch (IOException failed) {
            failed("an answer's file could not be read", failed);
            throw ApiException.unavailable("The answer's file cannot be read now. Try again.", 1);
        }
    }

    private static Supplier<Future<Void>> readBody(AnswerDirectory.Found found, Restorer restorer) {
        try {
            return restorer.read(found.body());
        } catch (JournalException refused) {
            throw refused;
        } catch (RuntimeException wrong) { // Whoever wrote it knew its checksum; what is in it is foreign all the same.
            throw JournalException.damaged("holds what is no answer: " + wrong.getMessage());
        }
    }

    private ApiException refused(AnswerName name, JournalException refused) {
        observer.refused();
        say("the file " + files.path(name) + " " + refused.getMessage(), null);
        if (!refused.isForeign()) {
            try {
                files.remove(name);
            } catch (IOException failed) {
                failed("an answer's file could not be removed", failed);
            }
        }
        return new ApiException(
                refused.isForeign() ? 404 : 410,
                "invalid_request_error",
                "The answer cannot go on here: its file " + refused.getMessage()
                        + (refused.isForeign()
                                ? ". Ask a server that serves that"
                                : "; it is lost, send the request again"),
                "response_id",
                refused.isForeign() ? "answer_of_another_model" : "answer_damaged",
                0);
    }

    /** On the caller's context. */
    private Future<Boolean> begin(AnswerName name, Supplier<Future<Void>> begin) {
        Future<Void> begun;
        try {
            begun = begin.get();
        } catch (Throwable refused) {
            begun = Future.failedFuture(refused);
        }
        return begun.transform(taken -> workers.executeBlocking(
                () -> {
                    if (taken.succeeded()) {
                        settle(name, true);
                        return true;
                    }
                    ApiException why = ApiException.of(taken.cause(), "");
                    if (why.status() == 400 && why.code() == null) { // The model can make nothing of it, now or later.
                        throw refused(name, JournalException.damaged("holds what is no answer: " + why.getMessage()));
                    }
                    settle(name, false);
                    throw why;
                },
                false));
    }

    private void settle(AnswerName name, boolean taken) {
        try {
            if (taken) {
                observer.restored();
                files.done(name);
            } else {
                files.giveBack(name);
            }
        } catch (IOException failed) {
            failed("an answer's file could not be " + (taken ? "removed" : "given back"), failed);
        }
    }

    private void failed(String what, Exception why) {
        observer.failed();
        say(what, why);
    }

    private void say(String line, @Nullable Exception why) {
        long now = System.nanoTime();
        long last = lastLine.get();
        if (now - last >= QUIET_NANOS && lastLine.compareAndSet(last, now)) {
            LOG.warn(line, why);
        }
    }
}

package dev.tramontane.api.journal;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.journal.Journal.Restorer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers on their way out of files that another process left: a file is taken, read and let go on; then it is removed, or given
 * back where that was for this process to refuse. Files are read by the workers; callers may be on any thread, and never wait.
 */
final class AnswerTaking {
    /** Lookups that may wait for the disk. */
    private static final int MOST_WAITING = 64;

    private final WorkerExecutor workers;
    private final AnswerDirectory files;
    private final JournalLog log;
    private final Semaphore waiting = new Semaphore(MOST_WAITING);

    /** Bounded by those who wait. */
    private final Map<AnswerName, Future<Boolean>> underWay = new ConcurrentHashMap<>();

    private volatile boolean closed;

    AnswerTaking(WorkerExecutor workers, AnswerDirectory files, JournalLog log) {
        this.workers = workers;
        this.files = files;
        this.log = log;
    }

    /** Takes nothing any more. */
    void close() {
        closed = true;
    }

    /** As {@link Journal#bring}. */
    Future<Boolean> bring(AnswerName name, Restorer restorer) {
        Promise<Boolean> promise = Promise.promise();
        Future<Boolean> before = underWay.putIfAbsent(name, promise.future());
        if (before != null) {
            return before;
        }
        Future<Boolean> taken;
        try {
            taken = take(name, restorer);
        } catch (Throwable fault) { // Whoever asks next would wait for this for ever.
            taken = Future.failedFuture(fault);
        }
        taken.onComplete((brought, refused) -> {
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
                .compose(begin -> begin == null ? Future.succeededFuture(false) : begin(name, restorer.kind(), begin));
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
        AnswerDirectory.Found found;
        try {
            found = files.take(name);
        } catch (JournalException refused) { // By its head another's is where it was, and what is damaged is of no use.
            if (refused.isDamage()) {
                remove(name);
            }
            throw refused(name, restorer.kind(), refused);
        } catch (IOException failed) {
            log.failed("an answer's file could not be read", failed);
            throw ApiException.unavailable("The answer's file cannot be read now. Try again.", 1);
        }
        if (found == null) {
            return null;
        }
        if (found.kind() != restorer.kind()) {
            giveBack(name);
            return null; // Nobody knows it by this path.
        }
        try {
            return restorer.read(found.body());
        } catch (JournalException refused) {
            throw settled(name, restorer.kind(), refused);
        } catch (RuntimeException wrong) { // Whoever wrote it knew its checksum; what is in it is foreign all the same.
            if (wrong instanceof ApiException refused && refused.status() != 400) { // It says nothing of the file.
                giveBack(name);
                throw refused;
            }
            throw settled(
                    name, restorer.kind(), JournalException.damaged("holds what is no answer: " + wrong.getMessage()));
        } catch (Error fault) { // It says nothing of the file: memory may have been short.
            giveBack(name);
            throw fault;
        }
    }

    /** On the caller's context. */
    private Future<Boolean> begin(AnswerName name, AnswerKind kind, Supplier<Future<Void>> begin) {
        Future<Void> begun;
        try {
            begun = begin.get();
        } catch (Throwable refused) {
            begun = Future.failedFuture(refused);
        }
        return begun.transform(taken -> workers.executeBlocking(
                () -> {
                    if (taken.cause() instanceof JournalException refused) { // What it began with has just gone.
                        throw settled(name, kind, refused);
                    }
                    if (taken.failed()) {
                        throw notBegun(name, kind, ApiException.of(taken.cause(), ""));
                    }
                    log.restored();
                    done(name);
                    return true;
                },
                false));
    }

    /** What cannot be gone on with is of no use to anybody; what is refused otherwise may be taken by another process, or later. */
    private ApiException notBegun(AnswerName name, AnswerKind kind, ApiException why) {
        if (why.status() != 400) {
            giveBack(name);
            return why;
        }
        return settled(
                name,
                kind,
                "continuation".equals(why.param())
                        ? JournalException.damaged("holds what is no answer: " + why.getMessage())
                        : JournalException.unwelcome("holds a request that is refused here: " + why.getMessage()));
    }

    /** Of a file that was taken. */
    private ApiException settled(AnswerName name, AnswerKind kind, JournalException refused) {
        if (refused.isDamage()) {
            remove(name);
        } else {
            giveBack(name);
        }
        return refused(name, kind, refused);
    }

    private ApiException refused(AnswerName name, AnswerKind kind, JournalException refused) {
        log.refused(files.path(name), refused);
        return refused.told(kind);
    }

    private void remove(AnswerName name) {
        try {
            files.remove(name);
        } catch (IOException failed) {
            log.failed("an answer's file could not be removed", failed);
        }
    }

    private void done(AnswerName name) {
        try {
            files.done(name);
        } catch (IOException failed) {
            log.failed("an answer's file could not be removed", failed);
        }
    }

    private void giveBack(AnswerName name) {
        try {
            files.giveBack(name);
        } catch (IOException failed) {
            log.failed("an answer's file could not be given back", failed);
        }
    }
}

package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.responses.RecordedResponse.Watcher;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * How far a response has come, for those who wait: taken by the engine or refused, then over. Written on the response's event
 * loop; read on any thread.
 */
final class ResponseCourse {
    private final Watcher watcher;
    private final CompletableFuture<Void> taken = new CompletableFuture<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private volatile boolean accepted;
    private volatile @Nullable ApiException failure;
    private boolean told;

    ResponseCourse(Watcher watcher) {
        this.watcher = watcher;
    }

    // ---- its event loop

    /** The engine has it. What {@link #taken} promises comes with {@link #tellTaken}. */
    void accepted() {
        accepted = true;
    }

    /** Whoever waits for that may look at it now. */
    void tellTaken() {
        taken.complete(null);
    }

    /** Why it failed or was refused. */
    void failed(ApiException why) {
        failure = why;
    }

    /** It was over before it came here. */
    void wasOver() {
        accepted = true;
        told = true;
        taken.complete(null);
        over.complete(null);
    }

    /** More of it is kept. */
    void grew() {
        watcher.grew();
    }

    /** It is over: said once, the first time. {@code outcome} as {@link Watcher#ended} has it. */
    void tell(String outcome) {
        if (told) {
            return;
        }
        told = true;
        if (!accepted) {
            taken.completeExceptionally(
                    failure == null ? new IllegalStateException("it ended before it began") : failure);
        }
        try {
            watcher.ended(outcome, failure);
        } finally {
            over.complete(null);
        }
    }

    // ---- any thread

    boolean isAccepted() {
        return accepted;
    }

    @Nullable
    ApiException failure() {
        return failure;
    }

    /** Comes when it is over and told to the watcher; never fails. */
    Mono<Void> over() {
        return Mono.fromFuture(over, true);
    }

    /** Comes when the engine has taken it, and fails with why it has not. */
    CompletableFuture<Void> taken() {
        return taken;
    }
}

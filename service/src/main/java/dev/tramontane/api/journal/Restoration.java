package dev.tramontane.api.journal;

import dev.tramontane.api.Pass;
import dev.tramontane.api.Tally;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** How an answer of an earlier process begins here, whatever its kind: each step that fails gives back what those before took. */
public final class Restoration {
    private Restoration() {}

    /** An answer on its way into this process. */
    public interface Restored {
        /** Comes when the engine has taken it, and fails with why it has not. */
        CompletableFuture<Void> taken();

        /** It never came to the generator. On its event loop. */
        void failToStart(Throwable fault);
    }

    /**
     * Opens it. On the event loop that is to write it.
     *
     * @param pass of what is left to generate; given back where it is not opened
     * @param tally of what was paid for already, and counts the rest
     * @param open makes it, which gives the pass back when it is over
     */
    public static <A> A open(Pass pass, Tally tally, Function<Pass, A> open) {
        tally.paidBy(pass);
        try {
            return open.apply(pass);
        } catch (Throwable refused) {
            pass.close();
            throw refused;
        }
    }

    /**
     * Lets the rest of it be generated.
     *
     * @return as {@link #taken}
     */
    public static Future<Void> begin(Vertx vertx, Restored answer, Runnable begin) {
        try {
            begin.run();
        } catch (Throwable fault) { // It would hold its place for ever.
            answer.failToStart(fault);
        }
        return taken(vertx, answer);
    }

    /** Comes, on this event loop, when the engine has taken it, and fails with why it has not. */
    public static Future<Void> taken(Vertx vertx, Restored answer) {
        return Future.fromCompletionStage(answer.taken(), vertx.getOrCreateContext());
    }
}

package dev.tramontane.api.journal;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a process that leaves its answers to the next one: those under way first, whose readers wait for a word, then those that
 * have ended, as far as the time goes. One thread.
 */
public final class Departure {
    private static final Logger LOG = LoggerFactory.getLogger(Departure.class);

    private final Journal journal;
    private final Duration limit;
    private final List<CompletableFuture<?>> underWay = new ArrayList<>();
    private final List<Supplier<Future<?>>> ended = new ArrayList<>();

    /** Answers of one kind. */
    public interface Leaving {
        /** Says which there are, and has those under way stop. */
        void leave(Departure departure);
    }

    private Departure(Journal journal, Duration limit) {
        this.journal = journal;
        this.limit = limit;
    }

    /**
     * Leaves. Blocks for twice the limit at most; not on an event loop.
     *
     * @param limit for writing the ones, and then for writing the others
     * @return how many were under way
     */
    public static int of(Journal journal, Duration limit, List<? extends Leaving> all) throws InterruptedException {
        journal.close();
        journal.writeFor(limit);
        Departure departure = new Departure(journal, limit);
        all.forEach(kind -> kind.leave(departure));
        departure.await(departure.underWay);
        departure.await(departure.ended.stream()
                .map(write -> write.get().toCompletionStage().toCompletableFuture())
                .toList());
        return departure.underWay.size();
    }

    /** To which they are written. */
    public Journal journal() {
        return journal;
    }

    /** For writing one that is under way. */
    public long limitMillis() {
        return limit.toMillis();
    }

    /** @param done comes when it is written and its readers know */
    public void underWay(CompletableFuture<?> done) {
        underWay.add(done);
    }

    /** @param write called when it is its turn: there may be many, and the time may be over before */
    public void ended(Supplier<Future<?>> write) {
        ended.add(write);
    }

    private void await(List<? extends CompletableFuture<?>> all) throws InterruptedException {
        try {
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            LOG.warn("not all kept answers could be written within {} ms", limit.toMillis());
        } catch (ExecutionException failed) {
            LOG.error("a kept answer could not be written", failed.getCause());
        }
    }
}

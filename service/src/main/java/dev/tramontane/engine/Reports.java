package dev.tramontane.engine;

import java.util.List;

/** Publishes the books after each step. Written by the engine's thread, read by any. */
final class Reports {
    private final KvCache cache;
    private final Prefixes prefixes;
    private final Admitted admitted;
    private final Waiting waiting;
    private final Publisher publisher;
    private final WorkAhead ahead;
    private final Intake intake;
    private final EngineObserver observer;
    private final int slots;
    private volatile Books books;

    /** What {@link #books} were made of. */
    private long copiedChanges;

    /** @param slots that there are */
    Reports(
            KvCache cache,
            Prefixes prefixes,
            Admitted admitted,
            Waiting waiting,
            Publisher publisher,
            Rates rates,
            Intake intake,
            EngineObserver observer,
            int slots) {
        this.cache = cache;
        this.prefixes = prefixes;
        this.admitted = admitted;
        this.waiting = waiting;
        this.publisher = publisher;
        ahead = new WorkAhead(admitted, rates);
        this.intake = intake;
        this.observer = observer;
        this.slots = slots;
        books = new Books(
                status(true, 0),
                cache.holdings().copy(),
                cache.figures().used(),
                cache.figures().kept(),
                List.of(),
                waiting.line().copy(slots),
                Backlog.NONE);
    }

    /** As of the last report. Any thread. */
    Books books() {
        return books;
    }

    /** Publishes what is so now. What nobody has changed is not copied again. */
    void report(boolean healthy, long steps) {
        Backlog backlog = ahead.backlog();
        intake.door().publish(backlog);
        Books before = books;
        Absent absent = admitted.absent();
        long changes = cache.holdings().changes() + waiting.line().changes() + absent.changes();
        boolean copied = changes == copiedChanges;
        copiedChanges = changes;
        books = new Books(
                status(healthy, steps),
                copied ? before.holdings() : cache.holdings().copy(),
                cache.figures().used(),
                cache.figures().kept(),
                copied
                        ? before.absent()
                        : absent.inOrder().stream().map(Likeness::of).toList(),
                copied ? before.waiting() : waiting.line().copy(slots),
                backlog);
        observer.books(books.status());
    }

    private EngineStatus status(boolean healthy, long steps) {
        int running = ahead.running();
        return new EngineStatus(
                healthy,
                waiting.size(),
                running,
                admitted.size() - running,
                cache.figures().pagesUsed(),
                cache.figures().pagesReserved(),
                cache.figures().pagesKept(),
                cache.figures().pagesTotal(),
                steps,
                publisher.promptTokens(),
                publisher.generatedTokens(),
                publisher.acceptedGuesses(),
                publisher.rejectedGuesses(),
                prefixes.sought(),
                prefixes.found(),
                cache.figures().usedRatio(),
                cache.figures().reservedRatio());
    }
}

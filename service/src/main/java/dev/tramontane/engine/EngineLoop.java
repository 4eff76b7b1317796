package dev.tramontane.engine;

import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine: one platform thread that steps the model and owns all mutable state; other threads only enqueue. Tests may
 * call {@link #step} themselves instead of {@link #start}. The model is sized here but closed by who opened it, after
 * {@link #close}.
 */
public final class EngineLoop implements Engine {
    /** What a request is told that ends because of a fault of ours. */
    static final String BROKEN = "the server failed while it worked on this request";

    private final LongSupplier clock;
    private final Stepper stepper;
    private final Submitter submitter;

    private volatile boolean closing;
    private volatile @Nullable Thread thread;

    /**
     * Sizes the model's cache.
     *
     * @param nanoClock monotonic nanoseconds
     * @throws IllegalArgumentException when the cache memory does not hold one sequence of the whole context
     * @throws ModelException when the memory cannot be had
     */
    public EngineLoop(Model model, EngineConfig config, EngineObserver observer, LongSupplier nanoClock) {
        this(model, config, observer, nanoClock, null);
    }

    /**
     * The same.
     *
     * @param store where computed blocks outlive the cache; null for nowhere. Closed by who opened it, after {@link #close}
     */
    public EngineLoop(
            Model model,
            EngineConfig config,
            EngineObserver observer,
            LongSupplier nanoClock,
            @Nullable PageStore store) {
        this(model, config, observer, nanoClock, store, null, null);
    }

    /**
     * The same with a model that guesses what the other is going to say.
     *
     * @param draft of the same vocabulary, sized here; closed by who opened it, after {@link #close}
     * @param draftCacheBytes memory for its cache
     */
    public EngineLoop(
            Model model,
            EngineConfig config,
            EngineObserver observer,
            LongSupplier nanoClock,
            @Nullable PageStore store,
            Model draft,
            long draftCacheBytes) {
        this(
                model,
                config,
                observer,
                nanoClock,
                store,
                new DraftModel(draft, config.withCacheBytes(draftCacheBytes), nanoClock),
                null);
    }

    /** @param drafter guesses for everybody; null for what is configured and asked for */
    EngineLoop(
            Model model,
            EngineConfig config,
            EngineObserver observer,
            LongSupplier nanoClock,
            @Nullable PageStore store,
            @Nullable DraftModel drafts,
            @Nullable Drafter drafter) {
        EngineObserver careful = new CarefulObserver(observer);
        clock = nanoClock;
        stepper = new Stepper(model, config, careful, nanoClock, store, drafts, drafter);
        EngineLimits limits = new EngineLimits(
                config.contextTokens(), model.geometry().vocabulary(), config.maxChoices(), drafts != null);
        submitter = new Submitter(stepper, new SubmissionRules(stepper.plan(), limits), config, careful, nanoClock);
    }

    /**
     * Computes a first prompt and a few tokens, of which nothing shows afterwards, on the caller's thread. Before {@link
     * #start}; may take as long as reading all weights.
     *
     * @param token any of the vocabulary's
     * @throws ModelException when the model fails, or computes what is no number: it is of no use then
     */
    public synchronized void warmUp(int token) {
        if (thread != null) {
            throw new IllegalStateException("the engine was started already");
        }
        stepper.warmUp(token, limits().contextTokens());
    }

    /** Starts the engine thread. */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("the engine was started already");
        }
        thread = Thread.ofPlatform().name("tramontane-engine").daemon().start(this::run);
    }

    /** Whether the thread moves, for a watchdog. Any thread. */
    public Heartbeat heartbeat() {
        return stepper.heartbeat();
    }

    /** Whether something has happened that the thread has not looked at yet. Any thread. */
    public boolean called() {
        return stepper.signal().raised();
    }

    /** The engine thread, once started. Any thread. */
    public Optional<Thread> thread() {
        return Optional.ofNullable(thread);
    }

    @Override
    public boolean failed() {
        return stepper.failed();
    }

    @Override
    public @Nullable String outage() {
        return stepper.outage();
    }

    /** How the cache was sized, and what any request would need of it. */
    public CachePlan plan() {
        return stepper.plan();
    }

    @Override
    public EngineLimits limits() {
        return submitter.limits();
    }

    @Override
    public EngineStatus status() {
        return books().status();
    }

    @Override
    public Capacity capacity() {
        return submitter.capacity();
    }

    @Override
    public long nanos() {
        return clock.getAsLong();
    }

    @Override
    public List<SequenceHandle> submit(Submission submission, List<? extends SequenceListener> listeners)
            throws RefusedException {
        return submitter.submit(submission, listeners);
    }

    @Override
    public CompletableFuture<EngineAdapter> loadAdapter(AdapterData data) {
        return stepper.adapters().load(data);
    }

    /**
     * One step: carries out commands, admits and schedules what fits, lets the model compute it and publishes the
     * results. Where the model computes elsewhere, listeners hear of them in the next call, while it computes the next
     * step or when there is none. Engine thread, or the test's in its place.
     *
     * @return false when there was nothing to do, and nothing will be before somebody says something
     */
    public boolean step() {
        return stepper.step();
    }

    /** What admission knew at the end of the last step. Any thread. */
    Books books() {
        return stepper.reports().books();
    }

    /** How often steps have looked at an admitted sequence since the start. Engine thread, or the test's in its place. */
    long looks() {
        return stepper.looks();
    }

    /**
     * Recounts pages, slots and reservations; see {@link KvCache#checkBooks}. Engine thread, or the test's in its place.
     *
     * @throws IllegalStateException naming what does not add up
     */
    public void checkBooks() {
        stepper.checkBooks();
    }

    @Override
    public void close() {
        stepper.intake().door().close("the server is shutting down");
        closing = true;
        stepper.signal().raise();
        Thread engine;
        synchronized (this) {
            engine = thread;
        }
        if (engine == null) {
            stepper.shutDown();
        } else if (engine != Thread.currentThread()) {
            joinUninterruptibly(engine);
        }
    }

    private void run() {
        try {
            stepper.heartbeat().rest(false);
            while (!closing) {
                try {
                    if (!stepper.step() && !closing) {
                        stepper.rest();
                    }
                } catch (Throwable e) {
                    stepper.fail(e);
                }
            }
        } finally {
            stepper.shutDown();
        }
    }

    private static void joinUninterruptibly(Thread engine) {
        boolean interrupted = false;
        while (true) {
            try {
                engine.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

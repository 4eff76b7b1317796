package dev.tramontane.engine;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageLostException;
import dev.tramontane.model.StepBatch;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine: one platform thread that steps the model and owns all mutable state; other threads only enqueue. Tests may
 * call {@link #step} themselves instead of {@link #start}. The model is sized here but closed by who opened it, after
 * {@link #close}.
 */
public final class EngineLoop implements Engine {
    private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);
    private static final long AWAIT_NANOS = 1_000_000_000;

    /** How long a store may take for what is left when the engine is closed, and how often it is asked for room. */
    private static final long CLOSING_NANOS = 3_000_000_000L;

    private static final long ROOM_NANOS = 1_000_000;

    /** What a request is told that ends because of a fault of ours. */
    static final String BROKEN = "the server failed while it worked on this request";

    private static final String FAILED = "the model failed; the server must be restarted";

    private final Model model;
    private final EngineObserver observer;
    private final LongSupplier clock;
    private final CachePlan plan;
    private final SubmissionRules rules;
    private final EngineConfig config;
    private final EngineSignal signal = new EngineSignal();
    private final Heartbeat heartbeat = new Heartbeat();
    private final Intake intake;

    private final KvCache cache;
    private final Prefixes prefixes;
    private final @Nullable Snapshots snapshots;
    private final Adapters adapters;
    private final Admitted admitted = new Admitted();
    private final Scheduler scheduler;
    private final Rates rates = new Rates();
    private final StepCosts costs = new StepCosts();
    private final @Nullable DraftModel drafts;
    private final Speculator speculator;
    private final RunningSequences sequences;
    private final Publisher publisher;
    private final Delivery delivery;
    private final BatchFiller filler;
    private final LateMasks lateMasks;
    private final StepPlan step = new StepPlan();
    private final StepBatch batch;

    private final Waiting waiting;
    private final Deadlines deadlines;
    private final Endings endings;
    private final Admission admission;
    private final Reports reports;
    private final Outage outage;

    private volatile boolean healthy = true;
    private long stepStart;
    private long stepEnd;
    private long steps;
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
        this.model = model;
        this.observer = new CarefulObserver(observer);
        clock = nanoClock;
        plan = CachePlan.of(model.geometry(), config);
        model.sizeCache(plan.shape());
        batch = model.newBatch();
        this.config = config;
        rules = new SubmissionRules(
                plan,
                new EngineLimits(
                        config.contextTokens(), model.geometry().vocabulary(), config.maxChoices(), drafts != null));
        intake = new Intake(signal, config.queueRequests(), config.queueTokens(), clock);
        cache = new KvCache(plan.windows(), plan.shape());
        prefixes = new Prefixes(cache, plan);
        snapshots = store == null ? null : new Snapshots(store, model, cache, plan, intake::tell);
        if (snapshots != null) {
            prefixes.tell(snapshots);
        }
        adapters = new Adapters(model, plan.shape().adapters(), intake::tell, heartbeat);
        scheduler = new Scheduler(admitted, config.lanes(), config.tokenBudget(), config.maxSamples());
        delivery = new Delivery(model.computesElsewhere());
        deadlines = new Deadlines(clock.getAsLong());
        sequences = new RunningSequences(
                cache, prefixes, admitted, delivery, this.observer, rates, clock, deadlines, config.speculation());
        this.drafts = drafts;
        speculator = new Speculator(config, costs, drafts, drafter);
        waiting = new Waiting(intake);
        endings = new Endings(waiting, admitted, sequences, deadlines, intake);
        Yields yields = new Yields(waiting.line(), cache.holdings(), admitted.absent(), sequences);
        admission = new Admission(
                waiting, cache.holdings(), yields, sequences, endings, deadlines, snapshots, this.observer);
        publisher = new Publisher(sequences, delivery);
        lateMasks = new LateMasks(limits().vocabulary());
        filler = new BatchFiller(cache, lateMasks);
        reports = new Reports(
                cache, prefixes, admitted, waiting, publisher, rates, intake, this.observer, config.slots());
        model.onChange(signal::raise);
        outage = new Outage(model, intake, endings, cache, adapters, snapshots);
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
        new WarmUp(model, batch, plan, config).run(token, limits().contextTokens());
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
        return heartbeat;
    }

    /** Whether something has happened that the thread has not looked at yet. Any thread. */
    public boolean called() {
        return signal.raised();
    }

    /** The engine thread, once started. Any thread. */
    public Optional<Thread> thread() {
        return Optional.ofNullable(thread);
    }

    /** Whether nothing is computed any more, for good. Any thread. */
    public boolean failed() {
        return !healthy;
    }

    @Override
    public @Nullable String outage() {
        return outage.reason();
    }

    /** How the cache was sized, and what any request would need of it. */
    public CachePlan plan() {
        return plan;
    }

    @Override
    public EngineLimits limits() {
        return rules.limits();
    }

    @Override
    public EngineStatus status() {
        return reports.books().status();
    }

    @Override
    public Capacity capacity() {
        return new Capacity(plan, rules, config, intake, reports.books(), model.stages());
    }

    @Override
    public long nanos() {
        return clock.getAsLong();
    }

    @Override
    public List<SequenceHandle> submit(Submission submission, List<? extends SequenceListener> listeners)
            throws RefusedException {
        EngineAdapter adapter = submission.adapter();
        boolean entered = false;
        boolean in = false;
        try {
            if (adapter != null) {
                entered = adapter.enter();
                if (!entered) {
                    throw new RefusedException(Cause.GONE, adapter.whyNot(), 0);
                }
            }
            int length = rules.length(submission, listeners.size());
            Request request = new Request(
                    submission,
                    length,
                    limits().vocabulary(),
                    listeners,
                    intake,
                    clock.getAsLong(),
                    blocks(submission));
            List<SequenceHandle> handles = List.copyOf(request.choices);
            if (!intake.door().isClosed()) {
                Punctuality.check(request, reports.books(), intake);
            }
            intake.submit(request); // Last: nothing may fail once the engine has it.
            in = true;
            return handles;
        } catch (RefusedException e) {
            observer.refused(e.refusal());
            throw e;
        } finally {
            if (adapter != null && entered && !in) {
                adapter.leave(false);
            }
        }
    }

    @Override
    public CompletableFuture<EngineAdapter> loadAdapter(AdapterData data) {
        return adapters.load(data);
    }

    private @Nullable PromptBlocks blocks(Submission submission) {
        return config.keepsPrefixes()
                ? new PromptBlocks(
                        submission.prompt(),
                        config.pageTokens(),
                        BlockKey.root(submission.tenant(), submission.adapter()))
                : null;
    }

    /**
     * One step: carries out commands, admits and schedules what fits, lets the model compute it and publishes the
     * results. Where the model computes elsewhere, listeners hear of them in the next call, while it computes the next
     * step or when there is none. Engine thread, or the test's in its place.
     *
     * @return false when there was nothing to do, and nothing will be before somebody says something
     */
    public boolean step() {
        heartbeat.beat();
        signal.clear();
        endDeafened();
        try {
            return outage.reason() == null ? work() : lookForTheLost();
        } catch (StageLostException lost) {
            outage.begin(lost);
            tellAll();
            report();
            return true;
        } catch (ModelException e) {
            fail(e);
            return true;
        }
    }

    /** While a part of the model is lost. */
    private boolean lookForTheLost() {
        drain();
        tellAll();
        boolean back = outage.isOver();
        report();
        return back;
    }

    private boolean work() {
        model.check();
        drain();
        if (drafts != null) {
            drafts.sweep();
        }
        if (!deadlines.isEmpty()) {
            endings.expire(clock.getAsLong());
        }
        boolean copied = snapshots != null && copy(snapshots);
        admission.admit();
        schedule();
        if (step.size() == 0) {
            boolean told = tellAll();
            report();
            return told || copied || admission.hasMore();
        }
        submitStep();
        awaitStep();
        long wrong = publisher.rejectedGuesses();
        publisher.publish(step, batch, stepEnd);
        measure((int) (publisher.rejectedGuesses() - wrong));
        admitted.settle(); // Whoever is absent by now is so in the books, and may yield before the next step.
        report();
        observer.step(step.totalRows(), step.size(), stepEnd - stepStart);
        return true;
    }

    /** What admission knew at the end of the last step. Any thread. */
    Books books() {
        return reports.books();
    }

    /** How often steps have looked at an admitted sequence since the start. Engine thread, or the test's in its place. */
    long looks() {
        return admitted.looks();
    }

    /**
     * Recounts pages, slots and reservations; see {@link KvCache#checkBooks}. Engine thread, or the test's in its place.
     *
     * @throws IllegalStateException naming what does not add up
     */
    public void checkBooks() {
        cache.checkBooks();
        admitted.checkBooks();
        deadlines.checkBooks();
        if (drafts != null) {
            drafts.checkBooks();
        }
    }

    @Override
    public void close() {
        intake.door().close("the server is shutting down");
        closing = true;
        signal.raise();
        Thread engine;
        synchronized (this) {
            engine = thread;
        }
        if (engine == null) {
            shutDown();
        } else if (engine != Thread.currentThread()) {
            joinUninterruptibly(engine);
        }
    }

    private void run() {
        try {
            heartbeat.rest(false);
            while (!closing) {
                try {
                    if (!step() && !closing) {
                        rest();
                    }
                } catch (Throwable e) {
                    fail(e);
                }
            }
        } finally {
            shutDown();
        }
    }

    /** Sleeps until something changes. With nothing admitted it is cheap to check the books first. */
    private void rest() {
        if (healthy && cache.idle()) {
            cache.checkBooks();
        }
        heartbeat.rest(true);
        long nanos = deadlines.isEmpty() ? Long.MAX_VALUE : deadlines.nanosLeft(clock.getAsLong());
        signal.await(healthy && outage.reason() != null ? Math.min(Outage.LOOK_NANOS, nanos) : nanos);
        heartbeat.rest(false);
    }

    private void drain() {
        for (Intake.Command command = intake.poll(); command != null; command = intake.poll()) {
            switch (command) {
                case Intake.Submit(Request request) -> arrive(request);
                case Intake.Wake(Sequence sequence) -> admitted.wake(sequence);
                case Intake.Attend(Request request) -> admitted.absent().review(request);
                case Intake.Cancel(Sequence sequence) -> endings.cancel(sequence);
                case Intake.Told(Runnable what) -> {
                    delivery.release(); // It may take its time.
                    what.run();
                }
            }
        }
        if (intake.hasUnheard()) {
            List<Request> present = waiting.all();
            admitted.all().forEach(sequence -> present.add(sequence.request));
            admitted.wakeAll();
            present.forEach(admitted.absent()::review);
            present.forEach(request ->
                    request.choices.stream().filter(Sequence::cancelled).forEach(endings::cancel));
        }
    }

    /** The last time. Whatever a command meets, as the loss of a part of the model: the others are carried out. */
    private void drainAll() {
        boolean done = false;
        while (!done) {
            try {
                drain();
                done = true;
            } catch (Throwable fault) { // It has left the queue.
                LOG.warn("something could not be done any more before the engine ended", fault);
            }
        }
    }

    private boolean copy(Snapshots pages) {
        if (pages.hasMore()) {
            delivery.release(); // Copying takes its time.
        }
        return pages.step();
    }

    /**
     * Tells listeners everything. Nothing is in flight.
     *
     * @return whether there was anything to tell
     */
    private boolean tellAll() {
        boolean told = false;
        endDeafened(); // Some may have been told since this step began.
        while (delivery.release()) {
            told = true;
            endDeafened();
        }
        return told;
    }

    /** Ends those whose listeners threw when they were told late. Nothing is in flight. */
    private void endDeafened() {
        for (Sequence deaf = delivery.deafened(); deaf != null; deaf = delivery.deafened()) {
            endings.end(deaf, FinishReason.ERROR, BROKEN);
        }
    }

    private void arrive(Request request) {
        admission.arrive(request);
        if (!healthy) {
            endings.endWaiting(FinishReason.ERROR, FAILED);
        } else if (outage.reason() != null) {
            outage.turnAway();
        }
    }

    /** Chooses what the next step computes, if anything. */
    private void schedule() {
        sequences.findPrefixes();
        step.clear();
        scheduler.plan(step, rates.budget(config.stepNanos()));
        speculator.plan(step);
        scheduler.guessed(step);
    }

    private void submitStep() {
        filler.fill(step, batch);
        heartbeat.expect(
                (long) (step.totalRows() * Math.max(rates.nanosPerPromptToken(), rates.nanosPerGeneratedToken())));
        stepStart = clock.getAsLong();
        model.submit(batch);
        if (lateMasks.size() > 0) {
            long begun = clock.getAsLong();
            lateMasks.write(batch);
            observer.masks(lateMasks.size(), clock.getAsLong() - begun);
            model.releaseMasks();
        }
        delivery.release();
    }

    private void awaitStep() {
        boolean done = false;
        while (!done) {
            done = model.await(AWAIT_NANOS);
        }
        stepEnd = clock.getAsLong();
        steps++;
    }

    /** @param wrong guesses of the step */
    private void measure(int wrong) {
        int guesses = step.totalGuesses();
        rates.step(step.totalRows(), step.size(), guesses, wrong, stepEnd - stepStart);
        if (step.totalRows() == step.size() + guesses) {
            costs.step(step.totalRows(), stepEnd - stepStart);
        }
    }

    private void report() {
        reports.report(healthy && outage.reason() == null, steps);
    }

    /** The model, or the engine itself, can't go on: everybody is told, and nobody is let in any more. */
    private void fail(Throwable cause) {
        healthy = false;
        intake.door().close(FAILED);
        endings.endEverything(FinishReason.ERROR, FAILED);
        tellAll();
        LOG.error("the engine failed; it refuses everything from now on", cause);
        report();
    }

    private void shutDown() {
        intake.leaveForGood();
        adapters.close();
        drainAll();
        endings.endEverything(FinishReason.CANCELLED, "");
        tellAll();
        if (snapshots != null && healthy && outage.reason() == null) {
            keepTheRest(snapshots);
        }
        adapters.leave();
        report();
    }

    /** What the turns that ended last have left, as far as the store takes it in time. */
    private void keepTheRest(Snapshots rest) {
        long begun = System.nanoTime();
        try {
            while (rest.hasMore() && System.nanoTime() - begun < CLOSING_NANOS) {
                heartbeat.beat();
                if (!rest.step()) {
                    LockSupport.parkNanos(ROOM_NANOS);
                }
            }
        } catch (ModelException gone) {
            LOG.warn("the last turns' pages could not be read: they are not kept", gone);
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

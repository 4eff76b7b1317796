package dev.tramontane.engine;

import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageFacts;
import dev.tramontane.model.StageLostException;
import dev.tramontane.model.StepBatch;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that an engine consists of, step after step: commands are carried out, what fits is admitted and scheduled, the model
 * computes it, what came of it is published. Engine thread, but for what says otherwise.
 */
final class Stepper {
    private static final Logger LOG = LoggerFactory.getLogger(Stepper.class);

    private static final String FAILED = "the model failed; the server must be restarted";

    private final Model model;
    private final EngineObserver observer;
    private final LongSupplier clock;
    private final CachePlan plan;
    private final EngineConfig config;
    private final EngineSignal signal = new EngineSignal();
    private final Heartbeat heartbeat = new Heartbeat();
    private final Intake intake;

    private final KvCache cache;
    private final @Nullable Snapshots snapshots;
    private final Adapters adapters;
    private final Admitted admitted = new Admitted();
    private final Scheduler scheduler;
    private final Rates rates = new Rates();
    private final @Nullable DraftModel drafts;
    private final Speculator speculator;
    private final RunningSequences sequences;
    private final Delivery delivery;
    private final StepPlan step = new StepPlan();
    private final StepBatch batch;
    private final StepRunner runner;

    private final Deadlines deadlines;
    private final Endings endings;
    private final Telling telling;
    private final Admission admission;
    private final Reports reports;
    private final Outage outage;
    private final Errands errands;

    private volatile boolean healthy = true;

    /** As {@link EngineLoop} says. */
    Stepper(
            Model model,
            EngineConfig config,
            EngineObserver observer,
            LongSupplier nanoClock,
            @Nullable PageStore store,
            @Nullable DraftModel drafts,
            @Nullable Drafter drafter) {
        this.model = model;
        this.observer = observer;
        clock = nanoClock;
        plan = CachePlan.of(model.geometry(), config);
        model.sizeCache(plan.shape());
        batch = model.newBatch();
        this.config = config;
        intake = new Intake(signal, config.queueRequests(), config.queueTokens(), clock);
        cache = new KvCache(plan.windows(), plan.shape());
        Prefixes prefixes = new Prefixes(cache, plan);
        snapshots = store == null ? null : new Snapshots(store, model, cache, plan, intake::tell);
        if (snapshots != null) {
            prefixes.tell(snapshots);
        }
        adapters = new Adapters(model, plan.shape().adapters(), intake::tell, heartbeat);
        scheduler = new Scheduler(admitted, config.lanes(), config.tokenBudget(), config.maxSamples());
        delivery = new Delivery(model.computesElsewhere());
        deadlines = new Deadlines(clock.getAsLong());
        sequences = new RunningSequences(
                cache, prefixes, admitted, delivery, observer, rates, clock, deadlines, config.speculation());
        this.drafts = drafts;
        StepCosts costs = new StepCosts();
        speculator = new Speculator(config, costs, drafts, drafter);
        Waiting waiting = new Waiting(intake);
        endings = new Endings(waiting, admitted, sequences, deadlines, intake);
        telling = new Telling(delivery, endings);
        Yields yields = new Yields(waiting.line(), cache.holdings(), admitted.absent(), sequences);
        admission =
                new Admission(waiting, cache.holdings(), yields, sequences, endings, deadlines, snapshots, observer);
        Publisher publisher = new Publisher(sequences, delivery);
        runner = new StepRunner(model, batch, cache, publisher, delivery, rates, costs, heartbeat, observer, clock);
        reports = new Reports(cache, prefixes, admitted, waiting, publisher, rates, intake, observer, config.slots());
        model.onChange(signal::raise);
        outage = new Outage(model, intake, endings, cache, adapters, snapshots);
        errands = new Errands(intake, admission, admitted, waiting, endings, delivery, outage);
    }

    // ---- any thread

    EngineSignal signal() {
        return signal;
    }

    Heartbeat heartbeat() {
        return heartbeat;
    }

    Intake intake() {
        return intake;
    }

    Adapters adapters() {
        return adapters;
    }

    CachePlan plan() {
        return plan;
    }

    Reports reports() {
        return reports;
    }

    /** The model's stages, where it is divided. */
    List<StageFacts> stages() {
        return model.stages();
    }

    boolean failed() {
        return !healthy;
    }

    /** Why nothing is computed for now; null where it is. */
    @Nullable
    String outage() {
        return outage.reason();
    }

    // ---- engine thread

    /** As {@link EngineLoop#warmUp}, before the first step. */
    void warmUp(int token, int contextTokens) {
        new WarmUp(model, batch, plan, config).run(token, contextTokens);
    }

    /** As {@link EngineLoop#step}. */
    boolean step() {
        heartbeat.beat();
        signal.clear();
        telling.endDeafened();
        try {
            return outage.reason() == null ? work() : lookForTheLost();
        } catch (StageLostException lost) {
            outage.begin(lost);
            telling.tellAll();
            report();
            return true;
        } catch (ModelException e) {
            fail(e);
            return true;
        }
    }

    /** While a part of the model is lost. */
    private boolean lookForTheLost() {
        errands.carryOut(failure());
        telling.tellAll();
        boolean back = healthy && outage.isOver(); // What failed as it came back would fail again, at once.
        report();
        return back;
    }

    private boolean work() {
        model.check();
        errands.carryOut(failure());
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
            boolean told = telling.tellAll();
            report();
            return told || copied || admission.hasMore();
        }
        runner.run(step);
        admitted.settle(); // Whoever is absent by now is so in the books, and may yield before the next step.
        report();
        observer.step(step.totalRows(), step.size(), runner.nanos());
        return true;
    }

    private boolean copy(Snapshots pages) {
        if (pages.hasMore()) {
            delivery.release(); // Copying takes its time.
        }
        return pages.step();
    }

    /** Chooses what the next step computes, if anything. */
    private void schedule() {
        sequences.findPrefixes();
        step.clear();
        scheduler.plan(step, rates.budget(config.stepNanos()));
        speculator.plan(step);
        scheduler.guessed(step);
    }

    /** Why whoever comes is ended at once; null where nobody is. */
    private @Nullable String failure() {
        return healthy ? null : FAILED;
    }

    private void report() {
        reports.report(healthy && outage.reason() == null, runner.steps());
    }

    /** The model, or the engine itself, can't go on: everybody is told, and nobody is let in any more. */
    void fail(Throwable cause) {
        healthy = false;
        intake.door().close(FAILED);
        endings.endEverything(FinishReason.ERROR, FAILED);
        telling.tellAll();
        LOG.error("the engine failed; it refuses everything from now on", cause);
        report();
    }

    /** Sleeps until something changes. With nothing admitted it is cheap to check the books first. */
    void rest() {
        if (healthy && cache.idle()) {
            cache.checkBooks();
        }
        heartbeat.rest(true);
        long nanos = deadlines.isEmpty() ? Long.MAX_VALUE : deadlines.nanosLeft(clock.getAsLong());
        signal.await(healthy && outage.reason() != null ? Math.min(Outage.LOOK_NANOS, nanos) : nanos);
        heartbeat.rest(false);
    }

    /** The last that is done: everybody is told, what is to be kept is copied. */
    void shutDown() {
        intake.leaveForGood();
        adapters.close();
        errands.carryOutTheLast(failure());
        endings.endEverything(FinishReason.CANCELLED, "");
        telling.tellAll();
        if (snapshots != null && healthy && outage.reason() == null) {
            LastCopies.take(snapshots, heartbeat);
        }
        adapters.leave();
        report();
    }

    /** How often steps have looked at an admitted sequence since the start. */
    long looks() {
        return admitted.looks();
    }

    /** @throws IllegalStateException naming what does not add up */
    void checkBooks() {
        cache.checkBooks();
        admitted.checkBooks();
        deadlines.checkBooks();
        if (drafts != null) {
            drafts.checkBooks();
        }
    }
}

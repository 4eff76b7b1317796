package dev.tramontane.engine;

import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.Model;
import dev.tramontane.model.StepBatch;
import java.util.function.LongSupplier;

/**
 * Has the model compute a step that was planned, with masks written and listeners told meanwhile, publishes what came of it and
 * measures what it took. Engine thread.
 */
final class StepRunner {
    private static final long AWAIT_NANOS = 1_000_000_000;

    private final Model model;
    private final StepBatch batch;
    private final BatchFiller filler;
    private final LateMasks lateMasks;
    private final Publisher publisher;
    private final Delivery delivery;
    private final Rates rates;
    private final StepCosts costs;
    private final Heartbeat heartbeat;
    private final EngineObserver observer;
    private final LongSupplier clock;

    private long start;
    private long end;
    private long steps;

    /** @param batch the model's, which is sized */
    StepRunner(
            Model model,
            StepBatch batch,
            KvCache cache,
            Publisher publisher,
            Delivery delivery,
            Rates rates,
            StepCosts costs,
            Heartbeat heartbeat,
            EngineObserver observer,
            LongSupplier clock) {
        this.model = model;
        this.batch = batch;
        lateMasks = new LateMasks(model.geometry().vocabulary());
        filler = new BatchFiller(cache, lateMasks);
        this.publisher = publisher;
        this.delivery = delivery;
        this.rates = rates;
        this.costs = costs;
        this.heartbeat = heartbeat;
        this.observer = observer;
        this.clock = clock;
    }

    /** @throws dev.tramontane.model.ModelException when the model fails */
    void run(StepPlan step) {
        submit(step);
        boolean done = false;
        while (!done) {
            done = model.await(AWAIT_NANOS);
        }
        end = clock.getAsLong();
        steps++;
        long wrong = publisher.rejectedGuesses();
        publisher.publish(step, batch, end);
        measure(step, (int) (publisher.rejectedGuesses() - wrong));
    }

    /** What the last step took, in nanoseconds. */
    long nanos() {
        return end - start;
    }

    /** Computed so far. */
    long steps() {
        return steps;
    }

    private void submit(StepPlan step) {
        filler.fill(step, batch);
        heartbeat.expect(
                (long) (step.totalRows() * Math.max(rates.nanosPerPromptToken(), rates.nanosPerGeneratedToken())));
        start = clock.getAsLong();
        model.submit(batch);
        if (lateMasks.size() > 0) {
            long begun = clock.getAsLong();
            lateMasks.write(batch);
            observer.masks(lateMasks.size(), clock.getAsLong() - begun);
            model.releaseMasks();
        }
        delivery.release();
    }

    /** @param wrong guesses of the step */
    private void measure(StepPlan step, int wrong) {
        int guesses = step.totalGuesses();
        rates.step(step.totalRows(), step.size(), guesses, wrong, nanos());
        if (step.totalRows() == step.size() + guesses) {
            costs.step(step.totalRows(), nanos());
        }
    }
}

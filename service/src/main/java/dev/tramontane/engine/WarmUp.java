package dev.tramontane.engine;

import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A prompt in chunks and a few tokens after it, for nobody, before the first request: weights are in memory, code and
 * kernels warm, and what does not compute is found before anybody waits for it. The books are its own, so that the
 * engine's show nothing of it: no page, no token, no measured rate.
 */
final class WarmUp implements SequenceListener {
    /** Two of the chunks that are computed while nothing is known of the machine's speed. */
    private static final int PROMPT = 2 * RowBudget.LEAST_ROWS;

    private static final int ANSWER = 3;

    private final Model model;
    private final StepBatch batch;
    private final Scheduler scheduler;
    private final RunningSequences sequences;
    private final Publisher publisher;
    private final BatchFiller filler;
    private final Rates rates = new Rates();
    private final long stepNanos;
    private boolean over;
    private String error = "";

    /** @param batch of the model, which nobody else uses now */
    WarmUp(Model model, StepBatch batch, CachePlan plan, EngineConfig config) {
        this.model = model;
        this.batch = batch;
        stepNanos = config.stepNanos();
        KvCache cache = new KvCache(plan.windows(), plan.shape());
        Delivery delivery = new Delivery(false);
        Admitted admitted = new Admitted();
        scheduler = new Scheduler(admitted, config.lanes(), config.tokenBudget(), config.maxSamples());
        sequences = new RunningSequences(
                cache,
                new Prefixes(cache, plan),
                admitted,
                delivery,
                EngineObserver.NONE,
                rates,
                () -> 0,
                new Deadlines(0),
                Speculation.OFF);
        publisher = new Publisher(sequences, delivery);
        filler = new BatchFiller(cache, new LateMasks(model.geometry().vocabulary()));
    }

    /**
     * Computes until the end.
     *
     * @param token any of the vocabulary's
     * @param contextTokens the longest sequence
     * @throws ModelException when the model fails, or computes what is no number
     */
    void run(int token, int contextTokens) {
        int[] prompt = new int[Math.min(PROMPT, contextTokens - 1)];
        Arrays.fill(prompt, token);
        int answer = Math.min(ANSWER, contextTokens - prompt.length);
        Submission submission = new Submission(prompt, answer, 0, Set.of(), Sampling.GREEDY, -1, -1, Long.MAX_VALUE);
        // Demand is there from the beginning and nobody cancels, so nothing ever comes through this door.
        Intake intake = new Intake(new EngineSignal(), 1, prompt.length, () -> 0);
        Request request = new Request(
                submission, prompt.length + answer, model.geometry().vocabulary(), List.of(this), intake, 0);
        if (!sequences.reserve(request)) {
            throw new IllegalStateException("an empty cache has no room for the warm-up");
        }
        sequences.start(request);
        StepPlan step = new StepPlan();
        while (!over) {
            step.clear();
            scheduler.plan(step, rates.budget(stepNanos));
            filler.fill(step, batch);
            model.run(batch);
            publisher.publish(step, batch, 0);
        }
        if (!error.isEmpty()) {
            throw new ModelException("the model does not work: of its first prompt it is said that " + error);
        }
    }

    @Override
    public void onToken(TokenScore token) {
        // Whatever it is: nobody asked for it.
    }

    @Override
    public void onFinish(Finish finish) {
        over = true;
        error = finish.error();
    }
}

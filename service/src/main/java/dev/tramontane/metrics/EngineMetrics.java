package dev.tramontane.metrics;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.RefusedException;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The engine's figures. Recorded on the engine thread, read by scrapes on any thread. Names follow vLLM's where the
 * meaning is the same, under our prefix.
 */
public final class EngineMetrics implements EngineObserver {

    /** vLLM's buckets for times to first token, so that dashboards compare like with like. */
    private static final double[] FIRST_TOKEN_BUCKETS = {
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };

    private static final double[] LATENCY_BUCKETS = {
        .001, .0025, .005, .01, .015, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };
    private static final double[] COUNT_BUCKETS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
    private static final double NANOS = 1e9;

    private final DistributionDataPoint firstToken;
    private final DistributionDataPoint nextToken;
    private final DistributionDataPoint queueTime;
    private final DistributionDataPoint requestTime;
    private final DistributionDataPoint stepTime;
    private final DistributionDataPoint stepRows;
    private final DistributionDataPoint stepSequences;
    private final CounterDataPoint promptTokens;
    private final CounterDataPoint generatedTokens;
    private final CounterDataPoint soughtTokens;
    private final CounterDataPoint foundTokens;
    private final CounterDataPoint acceptedGuesses;
    private final CounterDataPoint rejectedGuesses;
    private final CounterDataPoint masks;
    private final CounterDataPoint maskTime;
    private final Map<FinishReason, CounterDataPoint> finished = new EnumMap<>(FinishReason.class);
    private final CounterDataPoint yielded;
    private final Map<RefusedException.Cause, CounterDataPoint> refused = new EnumMap<>(RefusedException.Cause.class);
    private final GaugeDataPoint waiting;
    private final GaugeDataPoint running;
    private final GaugeDataPoint parked;
    private final GaugeDataPoint pagesUsed;
    private final GaugeDataPoint pagesReserved;
    private final GaugeDataPoint pagesKept;
    private final GaugeDataPoint pagesTotal;
    private final GaugeDataPoint usedRatio;
    private final GaugeDataPoint reservedRatio;
    private final GaugeDataPoint pageTokens;
    private final GaugeDataPoint healthy;
    private long promptTokensSeen;
    private long generatedTokensSeen;
    private long soughtTokensSeen;
    private long foundTokensSeen;
    private long acceptedSeen;
    private long rejectedSeen;

    /** Of a server of one model. */
    public EngineMetrics(PrometheusRegistry registry) {
        this(ModelCollectors.ofOne(registry), "");
    }

    /** @param model the name by which clients know it */
    public EngineMetrics(ModelCollectors collectors, String model) {
        ModelCollectors.Of of = collectors.new Of(model);
        firstToken = of.seconds(
                "tramontane_time_to_first_token", "From submission to the first generated token.", FIRST_TOKEN_BUCKETS);
        nextToken = of.seconds(
                "tramontane_inter_token_latency",
                "Between consecutive generated tokens of one sequence.",
                LATENCY_BUCKETS);
        queueTime = of.seconds(
                "tramontane_request_queue_time", "From submission to admission into the cache.", FIRST_TOKEN_BUCKETS);
        requestTime = of.seconds(
                "tramontane_e2e_request_latency", "From submission to the end of the sequence.", FIRST_TOKEN_BUCKETS);
        stepTime = of.seconds("tramontane_step", "One engine step, from submit to results.", LATENCY_BUCKETS);
        stepRows = of.counts("tramontane_step_tokens", "Tokens computed in a step.", COUNT_BUCKETS);
        stepSequences =
                of.counts("tramontane_step_sequences", "Sequences in a step: how full the batch is.", COUNT_BUCKETS);
        promptTokens = of.counter("tramontane_prompt_tokens", "Prompt tokens computed.");
        generatedTokens = of.counter("tramontane_generation_tokens", "Tokens generated.");
        soughtTokens = of.counter(
                "tramontane_prefix_cache_queries",
                "Prompt tokens that were looked for among what is computed already.");
        foundTokens = of.counter(
                "tramontane_prefix_cache_hits", "Prompt tokens of these that were found, so not computed again.");
        acceptedGuesses = guesses(of, "accepted");
        rejectedGuesses = guesses(of, "rejected");
        masks = of.counter("tramontane_masks", "Masks that were made for answers of a form.");
        maskTime = of.secondsCounter("tramontane_mask", "Time that the engine spent on these while steps computed.");
        for (FinishReason reason : EnumSet.complementOf(EnumSet.of(FinishReason.YIELDED))) {
            finished.put(
                    reason,
                    of.counter(
                            "tramontane_requests_finished",
                            "Sequences that ended, by reason.",
                            "finished_reason",
                            word(reason)));
        }
        yielded = of.counter(
                "tramontane_sequences_yielded",
                "Sequences nobody read that gave their places up to requests that waited.");
        for (RefusedException.Cause cause : RefusedException.Cause.values()) {
            refused.put(
                    cause,
                    of.counter(
                            "tramontane_requests_refused",
                            "Requests that were not admitted, by cause.",
                            "cause",
                            word(cause)));
        }
        waiting = of.gauge("tramontane_requests_waiting", "Sequences in the queue.");
        running = of.gauge("tramontane_requests_running", "Sequences that compute when a lane is free.");
        parked = of.gauge("tramontane_requests_parked", "Sequences whose reader shows no demand.");
        pagesUsed = pages(of, "used");
        pagesReserved = pages(of, "reserved");
        pagesKept = pages(of, "kept");
        pagesTotal = pages(of, "total");
        usedRatio = of.gauge(
                "tramontane_cache_used_ratio",
                "Share of the cache's pages in use, 0 to 1, in the group of layers where it is highest.");
        reservedRatio = of.gauge(
                "tramontane_cache_reserved_ratio",
                "Share of the cache's pages reserved by admitted sequences, 0 to 1, in the group of layers where it is"
                        + " highest: at 1 nobody is admitted.");
        pageTokens = of.gauge("tramontane_cache_page_tokens", "Tokens of a page; 0 until the model is loaded.");
        healthy = of.gauge(
                "tramontane_engine_healthy",
                "1 while the model works, 0 once it has failed" + " and while a part of it is lost.");
        healthy.set(1);
    }

    private static GaugeDataPoint pages(ModelCollectors.Of of, String state) {
        return of.gauge(
                "tramontane_cache_pages",
                "Pages of the key/value cache: in use, reserved by admitted sequences, kept for later requests though"
                        + " nobody uses them, and in all.",
                "state",
                state);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static CounterDataPoint guesses(ModelCollectors.Of of, String result) {
        return of.counter(
                "tramontane_guessed_tokens",
                "Tokens that were guessed ahead and computed, by whether they were drawn.",
                "result",
                result);
    }

    @Override
    public void started(long queueNanos) {
        queueTime.observe(queueNanos / NANOS);
    }

    @Override
    public void firstToken(long nanos) {
        firstToken.observe(nanos / NANOS);
    }

    @Override
    public void nextToken(long nanos) {
        nextToken.observe(nanos / NANOS);
    }

    @Override
    public void finished(FinishReason reason, int prompt, int generated, Phases phases) {
        CounterDataPoint end = finished.get(reason);
        if (end != null) { // What has yielded has not ended.
            end.inc();
        }
        requestTime.observe(phases.total() / NANOS);
    }

    @Override
    public void yielded() {
        yielded.inc();
    }

    @Override
    public void refused(RefusedException.Cause cause) {
        CounterDataPoint each = refused.get(cause);
        if (each != null) {
            each.inc();
        }
    }

    @Override
    public void step(int rows, int sequences, long nanos) {
        stepTime.observe(nanos / NANOS);
        stepRows.observe(rows);
        stepSequences.observe(sequences);
    }

    @Override
    public void masks(int made, long nanos) {
        masks.inc(made);
        maskTime.inc(nanos / NANOS);
    }

    /** Sets the gauges, and the counters to the engine's own totals, which only rise. */
    @Override
    public void books(EngineStatus status) {
        promptTokens.inc(status.promptTokens() - promptTokensSeen);
        promptTokensSeen = status.promptTokens();
        generatedTokens.inc(status.generatedTokens() - generatedTokensSeen);
        generatedTokensSeen = status.generatedTokens();
        soughtTokens.inc(status.soughtTokens() - soughtTokensSeen);
        soughtTokensSeen = status.soughtTokens();
        foundTokens.inc(status.foundTokens() - foundTokensSeen);
        foundTokensSeen = status.foundTokens();
        acceptedGuesses.inc(status.guessesAccepted() - acceptedSeen);
        acceptedSeen = status.guessesAccepted();
        rejectedGuesses.inc(status.guessesRejected() - rejectedSeen);
        rejectedSeen = status.guessesRejected();
        waiting.set(status.queued());
        running.set(status.running());
        parked.set(status.parked());
        pagesUsed.set(status.pagesUsed());
        pagesReserved.set(status.pagesReserved());
        pagesKept.set(status.pagesKept());
        pagesTotal.set(status.pagesTotal());
        usedRatio.set(status.usedRatio());
        reservedRatio.set(status.reservedRatio());
        healthy.set(status.healthy() ? 1 : 0);
    }

    /** Shows how many tokens a page of the cache holds. Once, before the first step. */
    public void pageTokens(int tokens) {
        pageTokens.set(tokens);
    }

    /** The model is unloaded: it holds nothing any more. What it has counted stays. */
    public void unloaded() {
        for (GaugeDataPoint each : List.of(
                waiting,
                running,
                parked,
                pagesUsed,
                pagesReserved,
                pagesKept,
                pagesTotal,
                usedRatio,
                reservedRatio,
                pageTokens)) {
            each.set(0);
        }
    }
}

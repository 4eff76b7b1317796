package dev.tramontane.metrics;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.RefusedException;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.EnumMap;
import java.util.EnumSet;
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
    private final Counter promptTokens;
    private final Counter generatedTokens;
    private final Counter soughtTokens;
    private final Counter foundTokens;
    private final Counter masks;
    private final Counter maskTime;
    private final Counter finished;
    private final Counter yielded;
    private final Counter refused;
    private final Gauge waiting;
    private final Gauge running;
    private final Gauge parked;
    private final Gauge pages;
    private final Gauge usedRatio;
    private final Gauge reservedRatio;
    private final Gauge pageTokens;
    private final Gauge healthy;
    private final Map<FinishReason, String> reasons = new EnumMap<>(FinishReason.class);
    private long promptTokensSeen;
    private long generatedTokensSeen;
    private long soughtTokensSeen;
    private long foundTokensSeen;

    public EngineMetrics(PrometheusRegistry registry) {
        for (FinishReason reason : EnumSet.complementOf(EnumSet.of(FinishReason.YIELDED))) {
            reasons.put(reason, reason.name().toLowerCase(Locale.ROOT));
        }
        firstToken = seconds(
                registry,
                "tramontane_time_to_first_token",
                "From submission to the first generated token.",
                FIRST_TOKEN_BUCKETS);
        nextToken = seconds(
                registry,
                "tramontane_inter_token_latency",
                "Between consecutive generated tokens of one sequence.",
                LATENCY_BUCKETS);
        queueTime = seconds(
                registry,
                "tramontane_request_queue_time",
                "From submission to admission into the cache.",
                FIRST_TOKEN_BUCKETS);
        requestTime = seconds(
                registry,
                "tramontane_e2e_request_latency",
                "From submission to the end of the sequence.",
                FIRST_TOKEN_BUCKETS);
        stepTime = seconds(registry, "tramontane_step", "One engine step, from submit to results.", LATENCY_BUCKETS);
        stepRows = counts(registry, "tramontane_step_tokens", "Tokens computed in a step.");
        stepSequences = counts(registry, "tramontane_step_sequences", "Sequences in a step: how full the batch is.");
        promptTokens = Counter.builder()
                .name("tramontane_prompt_tokens")
                .help("Prompt tokens computed.")
                .register(registry);
        generatedTokens = Counter.builder()
                .name("tramontane_generation_tokens")
                .help("Tokens generated.")
                .register(registry);
        soughtTokens = Counter.builder()
                .name("tramontane_prefix_cache_queries")
                .help("Prompt tokens that were looked for among what is computed already.")
                .register(registry);
        foundTokens = Counter.builder()
                .name("tramontane_prefix_cache_hits")
                .help("Prompt tokens of these that were found, so not computed again.")
                .register(registry);
        masks = Counter.builder()
                .name("tramontane_masks")
                .help("Masks that were made for answers of a form.")
                .register(registry);
        maskTime = Counter.builder()
                .name("tramontane_mask")
                .unit(Unit.SECONDS)
                .help("Time that the engine spent on these while steps computed.")
                .register(registry);
        finished = Counter.builder()
                .name("tramontane_requests_finished")
                .help("Sequences that ended, by reason.")
                .labelNames("finished_reason")
                .register(registry);
        yielded = Counter.builder()
                .name("tramontane_sequences_yielded")
                .help("Sequences nobody read that gave their places up to requests that waited.")
                .register(registry);
        refused = Counter.builder()
                .name("tramontane_requests_refused")
                .help("Requests that were not admitted, by cause.")
                .labelNames("cause")
                .register(registry);
        waiting = gauge(registry, "tramontane_requests_waiting", "Sequences in the queue.");
        running = gauge(registry, "tramontane_requests_running", "Sequences that compute when a lane is free.");
        parked = gauge(registry, "tramontane_requests_parked", "Sequences whose reader shows no demand.");
        pages = Gauge.builder()
                .name("tramontane_cache_pages")
                .help(
                        "Pages of the key/value cache: in use, reserved by admitted sequences, kept for later requests though"
                                + " nobody uses them, and in all.")
                .labelNames("state")
                .register(registry);
        usedRatio = gauge(
                registry,
                "tramontane_cache_used_ratio",
                "Share of the cache's pages in use, 0 to 1, in the group of layers where it is highest.");
        reservedRatio = gauge(
                registry,
                "tramontane_cache_reserved_ratio",
                "Share of the cache's pages reserved by admitted sequences, 0 to 1, in the group of layers where it is"
                        + " highest: at 1 nobody is admitted.");
        pageTokens = gauge(registry, "tramontane_cache_page_tokens", "Tokens of a page; 0 until the model is loaded.");
        healthy = gauge(registry, "tramontane_engine_healthy", "1 while the model works, 0 once it has failed.");
        healthy.set(1);
        for (String reason : reasons.values()) {
            finished.initLabelValues(reason);
        }
        for (RefusedException.Cause cause : RefusedException.Cause.values()) {
            refused.initLabelValues(cause.name().toLowerCase(Locale.ROOT));
        }
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
        finished.labelValues(reasons.getOrDefault(reason, "error")).inc();
        requestTime.observe(phases.total() / NANOS);
    }

    @Override
    public void yielded() {
        yielded.inc();
    }

    @Override
    public void refused(RefusedException.Cause cause) {
        refused.labelValues(cause.name().toLowerCase(Locale.ROOT)).inc();
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
        waiting.set(status.queued());
        running.set(status.running());
        parked.set(status.parked());
        pages.labelValues("used").set(status.pagesUsed());
        pages.labelValues("reserved").set(status.pagesReserved());
        pages.labelValues("kept").set(status.pagesKept());
        pages.labelValues("total").set(status.pagesTotal());
        usedRatio.set(status.usedRatio());
        reservedRatio.set(status.reservedRatio());
        healthy.set(status.healthy() ? 1 : 0);
    }

    /** Shows how many tokens a page of the cache holds. Once, before the first step. */
    public void pageTokens(int tokens) {
        pageTokens.set(tokens);
    }

    private static Histogram seconds(PrometheusRegistry registry, String name, String help, double[] buckets) {
        return Histogram.builder()
                .name(name)
                .unit(Unit.SECONDS)
                .help(help)
                .classicOnly()
                .classicUpperBounds(buckets)
                .register(registry);
    }

    private static Histogram counts(PrometheusRegistry registry, String name, String help) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .classicOnly()
                .classicUpperBounds(COUNT_BUCKETS)
                .register(registry);
    }

    private static Gauge gauge(PrometheusRegistry registry, String name, String help) {
        return Gauge.builder().name(name).help(help).register(registry);
    }
}
